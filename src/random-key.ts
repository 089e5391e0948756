/** Random access keys: nobody guesses one. */
import { randomBytes, randomInt } from "node:crypto";

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** An id of 20 letters and digits and a secret of 40 characters, in AWS's form but without `/` and `+`. */
export function randomKey(): KeyPair {
  let accessKeyId = "NB";
  while (accessKeyId.length < 20) accessKeyId += ID_LETTERS.charAt(randomInt(ID_LETTERS.length));
  return { accessKeyId, secretAccessKey: randomBytes(30).toString("base64url") };
}
