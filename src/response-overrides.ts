/**
 * The `response-*` parameters of a read, each with the header that it replaces. One list: for whoever reads them, for
 * whoever writes them into a signed URL, and for the signatures that cover them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export const RESPONSE_OVERRIDES: ReadonlyMap<string, string> = new Map([
  ["response-cache-control", "Cache-Control"],
  ["response-content-disposition", "Content-Disposition"],
  ["response-content-encoding", "Content-Encoding"],
  ["response-content-language", "Content-Language"],
  ["response-content-type", "Content-Type"],
  ["response-expires", "Expires"],
]);
