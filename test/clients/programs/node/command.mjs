/** The command line of the client programs (program.ts), for those in JavaScript. */

import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** `actions`: name -> function of bucket, key and what else the action takes, or why it is not offered. */
export async function serve(version, actions) {
  const [action, ...words] = process.argv.slice(2);
  if (action === "version") return console.log(version);
  const found = actions[action];
  if (typeof found === "string") decline(found);
  const result = await found(...words);
  if (result !== undefined) console.log(JSON.stringify(result));
}

export function decline(reason) {
  console.error(reason);
  process.exit(64);
}

/** A stream or bytes. */
export function save(file, body) {
  return body instanceof Readable ? pipeline(body, createWriteStream(file)) : writeFile(file, body);
}
