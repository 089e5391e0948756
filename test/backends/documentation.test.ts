// docs/backends.md has a section for each kind with a valid example, and gives the schema's default for each key.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkConfig } from "../../src/config/schema.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/backends.md"), "utf8");
const kinds = ["s3", "node", "disk", "memory"];

describe("docs/backends.md", () => {
  it.each(kinds)("has a section on %s whose example is a valid configuration", (kind) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(`${kind}\n`)) ?? "";
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(section) ?? [];
    const backends: unknown = parse(example);
    const checked = checkConfig({
      backends,
      copies: 1,
      dataDirectory: "/data",
      metadata: { kind: "sqlite", file: "/data/metadata.sqlite" },
      rootKey: { accessKeyId: "root", secretAccessKey: "a root secret" },
      encryptionKey: "an encryption key of some length",
      regions: ["amsterdam", "toronto"].map((name) => ({ name, latitude: 0, longitude: 0 })),
    });
    expect(checked).toMatchObject({ config: { backends: [{ kind }] } });
  });
});
