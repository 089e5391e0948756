/** Calls of S3 as the console needs them; every answer is a value, an error too. */
import { done, failed, faultOfStatus, type Result } from "./fault.ts";
import { type Outgoing, offline, type Signer, send } from "./send.ts";
import { type Node, readFault, readXml } from "./xml.ts";

/** The answer, its body unread; a refusal is read and becomes a fault. */
export async function callS3(outgoing: Outgoing, signer: Signer): Promise<Result<Response>> {
  const answer = await send(outgoing, signer);
  if (!answer.ok || answer.value.ok) return answer;
  try {
    return failed(readFault(await answer.value.text(), answer.value.status));
  } catch (error) {
    return failed(offline(error));
  }
}

/** The root element of the answer. A 200 may hold an `<Error>` too, as a long copy's does. */
export async function askS3(outgoing: Outgoing, signer: Signer): Promise<Result<Node>> {
  const answer = await callS3(outgoing, signer);
  if (!answer.ok) return answer;
  try {
    const text = await answer.value.text();
    const root = readXml(text);
    if (root === undefined) return failed(faultOfStatus(answer.value.status));
    const isError = root.text("Code") !== undefined && root.text("RequestId") !== undefined;
    return isError ? failed(readFault(text, answer.value.status)) : done(root);
  } catch (error) {
    return failed(offline(error));
  }
}

/** Where an answer holds nothing that matters. */
export async function tellS3(outgoing: Outgoing, signer: Signer): Promise<Result<undefined>> {
  const answer = await callS3(outgoing, signer);
  return answer.ok ? done(undefined) : answer;
}
