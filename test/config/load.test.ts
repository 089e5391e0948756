import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENCRYPTION_KEY_FILE } from "../../src/config/encryption-key.ts";
import { loadConfig, readConfig } from "../../src/config/load.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const yaml = `
regions:
  - { name: amsterdam, latitude: 52.37, longitude: 4.9 }
  - { name: toronto, latitude: 43.65, longitude: -79.38 }
backends:
  - { kind: s3, name: a, region: amsterdam, endpoint: "http://minio-a:9000/", bucket: blobs, accessKeyId: "\${A_KEY}", secretAccessKey: "\${A_SECRET}" }
  - { kind: disk, name: b, region: toronto, directory: disks/b }
`;
const env = {
  NEARBUCKET_ROOT_ACCESS_KEY: "root",
  NEARBUCKET_ROOT_SECRET_KEY: "rootsecret",
  A_KEY: "ak",
  A_SECRET: "as",
};

describe("readConfig", () => {
  it("expands references, takes the root key from the environment and starts relative paths at the file", () => {
    const checked = readConfig(yaml, "/etc/nearbucket", env);
    expect("config" in checked && checked.config).toMatchObject({
      dataDirectory: "/etc/nearbucket/nearbucket-data",
      metadata: { kind: "sqlite", file: "/etc/nearbucket/nearbucket-data/metadata.sqlite", durable: true },
      rootKey: { accessKeyId: "root", secretAccessKey: "rootsecret" },
      backends: [
        { endpoint: "http://minio-a:9000", accessKeyId: "ak", secretAccessKey: "as", replayedHeaders: "auto" },
        { directory: "/etc/nearbucket/disks/b" },
      ],
    });
  });

  it("starts the paths of TLS files at the file too", () => {
    const text = yaml.replace('http://minio-a:9000/"', 'https://minio-a:9000/", caFile: ca.pem');
    const checked = readConfig(`${text}tls: { certificate: a.crt, key: /keys/a.key }\n`, "/etc/nearbucket", env);
    expect("config" in checked && [checked.config.tls, checked.config.backends[0]]).toMatchObject([
      { certificate: "/etc/nearbucket/a.crt", key: "/keys/a.key" },
      { caFile: "/etc/nearbucket/ca.pem" },
    ]);
  });

  it("starts the paths of databases of addresses at the file too", () => {
    const text = `${yaml}geography: { databases: [{ file: city.mmdb }, { file: /geo/asn.mmdb }] }\n`;
    const checked = readConfig(text, "/etc/nearbucket", env);
    expect("config" in checked && checked.config.geography).toEqual({
      countries: "builtin",
      databases: [{ file: "/etc/nearbucket/city.mmdb" }, { file: "/geo/asn.mmdb" }],
    });
  });

  it("prefers a variable to the file", () => {
    const checked = readConfig(
      `${yaml}rootKey: { accessKeyId: other, secretAccessKey: othersecret }\ndataDirectory: here\n`,
      "/etc",
      {
        ...env,
        NEARBUCKET_DATA: "/var/lib/nearbucket",
      },
    );
    expect("config" in checked && [checked.config.rootKey.accessKeyId, checked.config.dataDirectory]).toEqual([
      "root",
      "/var/lib/nearbucket",
    ]);
  });

  it("reports variables that are not set together with other faults", () => {
    const checked = readConfig(`${yaml}nonsense: 1\n`, "/etc", { ...env, A_KEY: undefined });
    expect(checked).toEqual({
      faults: [
        { path: "backends[0].accessKeyId", message: "expected the environment variable A_KEY to be set" },
        { path: "nonsense", message: "unknown key" },
      ],
    });
  });

  it("says of a variable that is not set only that, and nothing of the value that it is to hold", () => {
    const text = `${yaml}rootKey: { accessKeyId: root, secretAccessKey: "\${S}" }\ncopies: \${N}\n`;
    const secret = { NEARBUCKET_ROOT_SECRET_KEY: undefined };
    expect(readConfig(text, "/etc", { ...env, ...secret })).toEqual({
      faults: [
        { path: "rootKey.secretAccessKey", message: "expected the environment variable S to be set" },
        { path: "copies", message: "expected the environment variable N to be set" },
      ],
    });
  });

  it("needs an encryption key from somewhere when the database is PostgreSQL", () => {
    const postgres = `${yaml}metadata: { kind: postgres, url: "postgres://localhost/n" }\n`;
    expect(readConfig(postgres, "/etc", env)).toEqual({
      faults: [
        {
          path: "encryptionKey",
          message: "missing: expected string, or NEARBUCKET_ENCRYPTION_KEY in the environment",
        },
      ],
    });
    const checked = readConfig(postgres, "/etc", { ...env, NEARBUCKET_ENCRYPTION_KEY: "0123456789abcdef" });
    expect("config" in checked && checked.config.metadata).toEqual({
      kind: "postgres",
      url: "postgres://localhost/n",
      poolSize: 10,
    });
  });

  it("names the variables that set a missing root key", () => {
    const [id, secret] = ["NEARBUCKET_ROOT_ACCESS_KEY", "NEARBUCKET_ROOT_SECRET_KEY"];
    expect(readConfig(yaml, "/etc", { ...env, [id]: undefined, [secret]: undefined })).toEqual({
      faults: [{ path: "rootKey", message: `missing: expected object, or ${id} and ${secret} in the environment` }],
    });
    expect(readConfig(yaml, "/etc", { ...env, [secret]: undefined })).toEqual({
      faults: [
        { path: "rootKey.secretAccessKey", message: `missing: expected string, or ${secret} in the environment` },
      ],
    });
  });

  it("reports where YAML is broken, and refuses a duplicate key", () => {
    const broken = readConfig("a: [1\nb: 2", "/etc", env);
    expect("faults" in broken && broken.faults[0]?.message).toMatch(/^YAML: .* line \d/);
    const twice = readConfig("copies: 1\ncopies: 2", "/etc", env);
    expect("faults" in twice && twice.faults[0]?.message).toMatch(/^YAML: Map keys must be unique/);
  });
});

describe("loadConfig", () => {
  it("makes the encryption key once, for its owner only", async () => {
    const at = await temporaryDirectory();
    await writeFile(join(at, "nearbucket.yaml"), yaml);
    const first = await loadConfig(join(at, "nearbucket.yaml"), env);
    const second = await loadConfig(join(at, "nearbucket.yaml"), env);
    const file = join(at, "nearbucket-data", ENCRYPTION_KEY_FILE);
    expect(first.encryptionKey).toBe((await readFile(file, "utf8")).trim());
    expect(second.encryptionKey).toBe(first.encryptionKey);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("makes the directory of a new database, with or without a key file in it", async () => {
    for (const key of [undefined, "a key for tests, sixteen and more"]) {
      const at = await temporaryDirectory();
      await writeFile(join(at, "nearbucket.yaml"), yaml);
      await loadConfig(join(at, "nearbucket.yaml"), { ...env, NEARBUCKET_ENCRYPTION_KEY: key });
      expect(await readdir(join(at, "nearbucket-data"))).toEqual(key === undefined ? [ENCRYPTION_KEY_FILE] : []);
    }
  });

  it("makes no new encryption key for an existing database", async () => {
    const at = await temporaryDirectory();
    await writeFile(join(at, "nearbucket.yaml"), yaml);
    await loadConfig(join(at, "nearbucket.yaml"), env);
    await writeFile(join(at, "nearbucket-data", "metadata.sqlite"), "");
    await rm(join(at, "nearbucket-data", ENCRYPTION_KEY_FILE));
    await expect(loadConfig(join(at, "nearbucket.yaml"), env)).rejects.toThrow(
      /encryption\.key is missing, but .*metadata\.sqlite exists/,
    );
  });

  it("lists all faults in one error, a line each", async () => {
    const at = await temporaryDirectory();
    const file = join(at, "nearbucket.yaml");
    await writeFile(file, `${yaml}nonsense: 1\ncopies: 9\n`);
    await expect(loadConfig(file, env)).rejects.toThrow(
      `${file} has 2 faults:\n  nonsense: unknown key\n  copies: expected at most 2, the number of backends, found 9`,
    );
  });

  it("names the file it cannot read", async () => {
    await expect(loadConfig("/nowhere/nearbucket.yaml", env)).rejects.toThrow(
      "cannot read the configuration file /nowhere/nearbucket.yaml",
    );
  });
});
