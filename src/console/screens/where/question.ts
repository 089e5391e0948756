/** What is asked of the gateway: which object, read from where, by which client. Pure. */
import type { Coordinates } from "./earth.ts";

/** Where the client is: where this browser is, at a place, or behind an address. */
export type From =
  | { readonly kind: "here" }
  | { readonly kind: "place"; readonly coordinates: Coordinates }
  | { readonly kind: "address"; readonly address: string };

export interface Client {
  readonly name: string;
  /** Undefined: this browser's own. */
  readonly userAgent: string | undefined;
  /** How such a client usually proves who it is. */
  readonly authentication: "header" | "query";
}

/** What these programs really send. */
export const CLIENTS: readonly Client[] = [
  { name: "This browser, by a link", userAgent: undefined, authentication: "query" },
  {
    name: "aws-cli",
    userAgent: "aws-cli/2.36.7 md/awscrt#0.27 ua/2.1 os/linux",
    authentication: "header",
  },
  {
    name: "AWS SDK for Go",
    userAgent: "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.58.2",
    authentication: "header",
  },
  { name: "rclone", userAgent: "rclone/v1.76.0", authentication: "header" },
  { name: "curl, by a link", userAgent: "curl/8.14.1", authentication: "query" },
];

export interface Question {
  readonly bucket: string;
  readonly key: string;
  readonly from: From;
  readonly client: Client;
}

export function explainQueryOf({ bucket, key, from, client }: Question): Record<string, string | number | undefined> {
  const { userAgent, authentication } = client;
  const place = from.kind === "place" ? from.coordinates : undefined;
  return {
    bucket,
    key,
    latitude: place?.latitude,
    longitude: place?.longitude,
    address: from.kind === "address" ? from.address : undefined,
    userAgent,
    authentication,
  };
}

/** A number of degrees as it was typed; undefined: it is none, or too large. */
export function readDegrees(text: string, limit: 90 | 180): number | undefined {
  const degrees = text.trim() === "" ? Number.NaN : Number(text.trim().replace(",", "."));
  return Math.abs(degrees) <= limit ? degrees : undefined;
}
