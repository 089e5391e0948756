/** How an S3 service is reached: the keys that backends, sources and files of their own share. */
import { z } from "zod";
import { filled, origin } from "./values.ts";

export const s3Service = {
  endpoint: origin,
  accessKeyId: filled,
  secretAccessKey: filled,
  signingRegion: filled.default("us-east-1"),
  forcePathStyle: z.boolean().default(true),
  caFile: filled.optional(),
  certificateFile: filled.optional(),
  keyFile: filled.optional(),
};
