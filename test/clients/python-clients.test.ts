/** aws-cli and boto3, of those on PATH: both take their time to start. */
import { join } from "node:path";
import { awsCli } from "./each/aws-cli.ts";
import { expectClients } from "./expect-client.ts";
import { programClient } from "./program.ts";

const script = join(import.meta.dirname, "programs/python/with_boto3.py");

// Sent to a store they come back for a second try, and are served through the gateway.
expectClients("Python's clients against the gateways", [
  { client: awsCli("aws"), needs: ["aws"], fromStore: [] },
  {
    client: programClient({ name: "boto3", family: "boto3", install: "pip install boto3" }, ["python3", script]),
    needs: ["boto3"],
    fromStore: [],
  },
]);
