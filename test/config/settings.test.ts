// Settings of the command line: which key they set, and which ones are refused.
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/config/fault.ts";
import { readConfig } from "../../src/config/load.ts";
import { applySettings, parseSetting, type Setting } from "../../src/config/settings.ts";

function settingOf(text: string): Setting {
  const setting = parseSetting(text);
  if ("expected" in setting) throw new Error(`${text}: expected ${setting.expected}`);
  return setting;
}

function applied(tree: Record<string, unknown>, ...texts: string[]) {
  const faults: Fault[] = [];
  return { tree: applySettings(tree, texts.map(settingOf), faults), faults };
}

describe("parseSetting", () => {
  it.each([
    ["redirect.minBytes=0", ["redirect", "minBytes"], 0],
    ["backends.0.capacity=2.5", ["backends", 0, "capacity"], 2.5],
    ["backends[10].name=a", ["backends", 10, "name"], "a"],
    ["publicAccess=allowed", ["publicAccess"], "allowed"],
    ["strictRegion=true", ["strictRegion"], true],
    ["domains=[localhost, s3.example.com]", ["domains"], ["localhost", "s3.example.com"]],
    ["ingest.bufferBytes=8 MiB", ["ingest", "bufferBytes"], "8 MiB"],
    ["region='a=b'", ["region"], "a=b"],
  ])("%s", (text, path, value) => {
    expect(parseSetting(text)).toEqual({ path, value });
  });

  it.each(["", "redirect", "=1", "a..b=1", ".a=1", "a=[1", "a={b: 1, b: 2}", "a=*b"])("refuses %j", (text) => {
    expect(parseSetting(text)).toEqual({ expected: expect.any(String) });
  });
});

describe("applySettings", () => {
  it("lays values over the tree, makes groups that are missing, and lets the last one count", () => {
    const tree = { a: { kept: 1, changed: 2 }, list: [{ x: 1 }, { x: 2 }] };
    expect(applied(tree, "a.changed=3", "b.c.d=4", "list.1.x=5", "list.2.x=6", "a.changed=7")).toEqual({
      tree: { a: { kept: 1, changed: 7 }, b: { c: { d: 4 } }, list: [{ x: 1 }, { x: 5 }, { x: 6 }] },
      faults: [],
    });
    expect(tree).toEqual({ a: { kept: 1, changed: 2 }, list: [{ x: 1 }, { x: 2 }] });
  });

  it("makes lists that are missing", () => {
    expect(applied({}, "domains.0=a", "domains.1=b")).toEqual({ tree: { domains: ["a", "b"] }, faults: [] });
    expect(applied({}, "domains.1=b").faults).toEqual([{ path: "domains[1]", message: "no such key" }]);
  });

  it("ends with a value that holds itself", () => {
    expect(applied({}, "a=&self [*self]").faults).toEqual([]);
  });

  it("refuses to lead through a plain value or past the end of a list", () => {
    expect(applied({ a: 1, list: [] }, "a.b=2", "list.1=x", "list.name=y").faults).toEqual([
      { path: "a.b", message: "no such key" },
      { path: "list[1]", message: "no such key" },
      { path: "list.name", message: "no such key" },
    ]);
  });

  it("never touches a prototype", () => {
    applied({ a: {} }, "a.__proto__.polluted=1", "__proto__.polluted=1", "constructor.prototype.polluted=1");
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it.each([
    "rootKey.secretAccessKey=x",
    "encryptionKey=x",
    "previousEncryptionKeys.0=x",
    "backends.0.secretAccessKey=x",
    "backends.0.redirectSecretAccessKey=x",
    "metadata.url=postgres://a:b@c/d",
    "rootKey={accessKeyId: a, secretAccessKey: x}",
    "backends=[{kind: s3, secretAccessKey: x}]",
    "sources.0.secretAccessKey=x",
    "backends.0={kind: s3, redirectSecretAccessKey: x}",
    "metadata={kind: postgres, url: 'postgres://a:b@c/d'}",
  ])("takes no secret: %s", (text) => {
    const { tree, faults } = applied({ backends: [{}] }, text);
    expect(tree).toEqual({ backends: [{}] });
    expect(faults.map(({ message }) => message)).toEqual(["a secret is not taken from the command line"]);
  });
});

describe("a configuration file with settings over it", () => {
  const yaml = `
regions: [{ name: here, latitude: 0, longitude: 0 }]
backends: [{ kind: disk, name: d, region: here, directory: disk }]
copies: 1
redirect: { minBytes: 5 }
`;
  const env = {
    NEARBUCKET_ROOT_ACCESS_KEY: "root",
    NEARBUCKET_ROOT_SECRET_KEY: "rootsecret",
    NEARBUCKET_DATA: "/data",
  };
  const read = (...texts: string[]) => readConfig(yaml, "/etc", env, texts.map(settingOf));

  it("takes precedence over the file, the environment and the defaults, and is completed like the file", () => {
    const checked = read("redirect.minBytes=0", "dataDirectory=there", "backends.0.directory=other");
    expect("config" in checked && checked.config).toMatchObject({
      redirect: { minBytes: 0, expirySeconds: 120 },
      dataDirectory: "/etc/there",
      backends: [{ directory: "/etc/other" }],
    });
  });

  it("is checked like the file: all faults are reported together", () => {
    const checked = read("redirect.minByte=0", "copies=3", "copies.a=1", "redirect.mode=maybe");
    expect("faults" in checked && checked.faults.map(({ path }) => path).sort()).toEqual([
      "copies",
      "copies.a",
      "redirect.minByte",
      "redirect.mode",
    ]);
  });
});
