/** Downloads: presigned addresses that the browser saves by itself, so that no byte goes through the page. */
import { presigned } from "../../session.ts";
import { encodePath } from "../../wire/signer.ts";
import { attachment, isReachable } from "./names.ts";

/** A download may wait for the reader's leave. */
const GOOD_FOR_SECONDS = 3600;
/** Browsers drop downloads that are begun in the same moment. */
const APART_MS = 400;

function downloadUrl(bucket: string, key: string): string {
  const query = [["response-content-disposition", attachment(key)]] as const;
  return presigned(encodePath(`/${bucket}/${key}`), query, GOOD_FOR_SECONDS);
}

/** One after another; gives how many were begun. */
export async function download(bucket: string, keys: readonly string[]): Promise<number> {
  const reachable = keys.filter(isReachable);
  for (const [index, key] of reachable.entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, APART_MS));
    begin(downloadUrl(bucket, key));
  }
  return reachable.length;
}

function begin(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
