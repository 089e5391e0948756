/**
 * GetBucketRequestPayment: the owner pays, as ever.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html
 */
import { operation } from "./operation.ts";

export const GetBucketRequestPayment = operation({
  on: "bucket",
  method: "GET",
  query: { requestPayment: true },
  action: "s3:GetBucketRequestPayment",
  async handle() {
    return { body: { root: "RequestPaymentConfiguration", content: { Payer: "BucketOwner" } } };
  },
});
