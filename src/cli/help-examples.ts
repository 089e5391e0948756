/** Examples under each command's help. A test holds every command and every option in them against the program. */
import type { Command } from "commander";

/** By the command behind the program's name. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  init: ["nearbucket init", "nearbucket init --answers stores.json --output /etc/nearbucket/nearbucket.yaml"],
  serve: [
    "nearbucket serve --config nearbucket.yaml",
    "nearbucket serve --set redirect.mode=off --set listen.port=8080",
  ],
  node: ["nearbucket node --data /srv/node --port 9100", "nearbucket node --data /srv/node --host :: --region toronto"],
  demo: ["nearbucket demo", "nearbucket demo --minio --port 9100", "nearbucket demo --data /tmp/try --region-count 2"],
  status: ["nearbucket status --profile near", "nearbucket status --data nearbucket-data --json"],
  doctor: ["nearbucket doctor --config nearbucket.yaml", "nearbucket doctor --endpoint https://s3.example.com --json"],
  stats: ["nearbucket stats --endpoint https://s3.example.com", "nearbucket stats --data nearbucket-data --json"],
  migrate: [
    "nearbucket migrate --from nearbucket.yaml --to with-postgres.yaml",
    "nearbucket migrate --from with-postgres.yaml --to nearbucket.yaml --json",
  ],
  export: [
    "nearbucket export --to /mnt/way-out --config nearbucket.yaml",
    "nearbucket export --to toronto/photos --bucket photos --create-bucket --config nearbucket.yaml",
    "nearbucket export --to photos --to-config elsewhere.yaml --bucket photos --since 2026-11-27T10:00:00Z",
  ],
  import: [
    "nearbucket import amsterdam/photos --to photos --in-place --dry-run --config nearbucket.yaml",
    "nearbucket import amsterdam/photos --to photos --in-place --prefix 2026/ --json --config nearbucket.yaml",
  ],
  restore: [
    "nearbucket restore --from toronto --dry-run --config nearbucket.yaml",
    "nearbucket restore --at 2026-11-27T10:00:00Z --config nearbucket.yaml",
  ],
  "backends list": [
    "nearbucket backends list --profile near",
    "nearbucket backends list --config nearbucket.yaml --json",
  ],
  "backends show": ["nearbucket backends show toronto --profile near", "nearbucket backends show toronto --json"],
  "backends check": ["nearbucket backends check --profile near", "nearbucket backends check toronto --profile near"],
  "backends attach": [
    "nearbucket backends attach third --from third.yaml --profile near",
    "nearbucket backends attach third --from - --config nearbucket.yaml",
  ],
  "backends drain": [
    "nearbucket backends drain toronto --profile near",
    "nearbucket backends drain toronto --wait --config nearbucket.yaml",
  ],
  "backends resume": [
    "nearbucket backends resume toronto --profile near",
    "nearbucket backends resume toronto --config nearbucket.yaml",
  ],
  "backends remove": [
    "nearbucket backends remove toronto --profile near",
    "nearbucket backends remove toronto --config nearbucket.yaml",
  ],
  "backends replace": [
    "nearbucket backends replace toronto --profile near",
    "nearbucket backends replace toronto --accept-loss --config nearbucket.yaml",
  ],
  "backends orphans": [
    "nearbucket backends orphans toronto --profile near",
    "nearbucket backends orphans toronto --delete --profile near",
  ],
  "keys create": [
    "nearbucket keys create --account alice --profile near",
    "nearbucket keys create --account alice --read-only --bucket photos/2026/ --expires 30d",
  ],
  "keys list": ["nearbucket keys list --profile near", "nearbucket keys list --config nearbucket.yaml --json"],
  "keys disable": [
    "nearbucket keys disable NBEXAMPLE --profile near",
    "nearbucket keys disable NBEXAMPLE --config nearbucket.yaml",
  ],
  "keys enable": [
    "nearbucket keys enable NBEXAMPLE --profile near",
    "nearbucket keys enable NBEXAMPLE --config nearbucket.yaml",
  ],
  "keys revoke": [
    "nearbucket keys revoke NBEXAMPLE --profile near",
    "nearbucket keys revoke NBEXAMPLE --config nearbucket.yaml",
  ],
  "keys rotate-encryption": [
    "nearbucket keys rotate-encryption --config nearbucket.yaml",
    "nearbucket keys rotate-encryption --data nearbucket-data",
  ],
  "accounts list": [
    "nearbucket accounts list --profile near",
    "nearbucket accounts list --config nearbucket.yaml --json",
  ],
  "accounts create": [
    "nearbucket accounts create alice --profile near",
    "nearbucket accounts create alice --data nearbucket-data",
  ],
  "buckets list": ["nearbucket buckets list --profile near", "nearbucket buckets list --data nearbucket-data --json"],
  "buckets show": ["nearbucket buckets show photos --profile near", "nearbucket buckets show photos --json"],
  "buckets set": [
    "nearbucket buckets set photos --dedup global --profile near",
    "nearbucket buckets set photos --redirect default --minimum-copies 2",
    "nearbucket buckets set photos --read-replicas afterReads=50,max=2",
  ],
  "jobs list": ["nearbucket jobs list --profile near", "nearbucket jobs list --failing --kind copy"],
  "jobs retry": ["nearbucket jobs retry 4711 --profile near", "nearbucket jobs retry 4711 --config nearbucket.yaml"],
  scrub: ["nearbucket scrub toronto --profile near", "nearbucket scrub toronto --wait --config nearbucket.yaml"],
  explain: [
    "nearbucket explain photos/cat.jpg --ip 203.0.113.7",
    "nearbucket explain photos/cat.jpg --at 43.65,-79.38 --client rclone/v1.70 --steps",
    "nearbucket explain photos/cat.jpg --from addresses.txt",
  ],
  console: [
    "nearbucket console --data nearbucket-data",
    "nearbucket console --config nearbucket.yaml --gateway https://s3.example.com",
    "nearbucket console --profile near",
  ],
  completion: [". <(nearbucket completion bash)", "nearbucket completion fish | source"],
};

export function addExamples(command: Command, path = ""): void {
  const examples = EXAMPLES[path];
  if (examples !== undefined)
    command.addHelpText("after", `\nExamples:\n${examples.map((one) => `  ${one}`).join("\n")}`);
  for (const inner of command.commands) addExamples(inner, `${path} ${inner.name()}`.trim());
}
