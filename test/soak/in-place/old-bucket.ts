/** A bucket as years of aws and mc leave it: awkward keys, equal contents, parts, headers, metadata and tags. */
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { adoptedKey } from "../../../src/backends/adopted-key.ts";
import type { Minio } from "../../support/minio.ts";
import { run } from "../../support/run.ts";
import type { Chance } from "../chance.ts";
import { sha256 } from "../ledger.ts";

export const BACKEND = "amsterdam";
export const BUCKET = "photos";

const MIB = 1024 ** 2;
/** `#` is a number. */
const NAMES = [
  ...["plain/#.txt", "with  spaces/# a b", "plus+/#+&=?;:@,", "per%cent/%2F#%", "%#%20", "ünï/日本 #", "🎉/#.jpg"],
  ...[
    "quo'te\"s`/#",
    "...#",
    "..#/.x",
    "x../#..",
    "sta*r[x]{y}/#",
    "~#",
    "(#)!$",
    "-#",
    "tab\t#",
    "é (nfd)/#",
    "<#>|^",
  ],
];

const longest = () => {
  let key = "";
  while (adoptedKey(BACKEND, `${key}l`) !== undefined) key += key.length % 200 === 199 ? "/" : "l";
  return key.replace(/\/?.$/, "L");
};

/** Each puts a whole directory. `home` is theirs. */
const PROGRAMS: readonly ((minio: Minio, home: string, folder: string) => Promise<unknown>)[] = [
  (minio, home, folder) => aws(minio, home, "s3", "cp", "--recursive", folder, `s3://${BUCKET}/`),
  (minio, home, folder) =>
    aws(minio, home, "s3", "cp", "--recursive", ...DRESSED, "--metadata", "Scene=7,who=me", folder, `s3://${BUCKET}/`),
  (_, home, folder) => mc(home, "cp", "--recursive", "--attr", ATTRIBUTES, "--tags", "by=mc&y=1", `${folder}/`, OLD),
  (_, home, folder) => mc(home, "mirror", folder, OLD),
];
const DRESSED = [
  ...["--cache-control", "max-age=60", "--content-disposition", 'attachment; filename="x.jpg"'],
  ...["--content-language", "de", "--content-type", "video/mp4", "--expires", "2031-01-01T00:00:00Z"],
];
const ATTRIBUTES = "Cache-Control=no-store;Content-Disposition=inline;X-Amz-Meta-Scene=8";
const OLD = `old/${BUCKET}`;

/** `count` objects and a few large ones, by key the digest of each. */
export async function fillOldBucket(
  minio: Minio,
  home: string,
  chance: Chance,
  count: number,
): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  const put = async (folder: string, key: string, bytes: Buffer) => {
    const file = join(folder, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    made.set(key, sha256(bytes));
  };
  await mc(home, "alias", "set", "old", minio.url, minio.accessKeyId, minio.secretAccessKey);
  // Parts of the smallest size there is, from the least that makes more than one.
  await mkdir(join(home, ".aws"), { recursive: true });
  const config = "[default]\ns3 =\n  multipart_threshold = 6MB\n  multipart_chunksize = 5MB\n";
  await writeFile(join(home, ".aws/config"), config);
  const common = Array.from({ length: 20 }, () => randomBytes(chance.below(5_000)));
  for (const [index, program] of PROGRAMS.entries()) {
    const folder = join(home, `files-${index}`);
    for (let at = index; at < count; at += PROGRAMS.length) {
      const name = (NAMES[Math.floor(at / PROGRAMS.length) % NAMES.length] ?? "#").replace("#", `${at}`);
      await put(folder, name, chance.next() < 0.2 ? chance.pick(common) : randomBytes(chance.below(20_000)));
    }
    if (index === 0) await put(folder, longest(), randomBytes(100));
    const large = Math.ceil(count / 1_000);
    if (index < 2) for (let at = 0; at < large; at++) await put(folder, `parts/${index}-${at}`, randomBytes(12 * MIB));
    await program(minio, home, folder);
    await rm(folder, { recursive: true });
  }
  const large = randomBytes(11 * MIB);
  await writeFile(join(home, "large"), large);
  await mc(home, "put", "--part-size", "5MiB", join(home, "large"), `${OLD}/parts/by mc`);
  made.set("parts/by mc", sha256(large));
  await aws(minio, home, "s3api", "put-object", "--bucket", BUCKET, "--key", "folder only/");
  made.set("folder only/", sha256(Buffer.alloc(0)));
  return made;
}

/** A user of that MinIO who may read and write. */
export async function addUser(home: string, accessKey: string, secretKey: string): Promise<void> {
  await mc(home, "admin", "user", "add", "old", accessKey, secretKey);
  await mc(home, "admin", "policy", "attach", "old", "readwrite", "--user", accessKey);
}

function aws({ url, accessKeyId, secretAccessKey }: Minio, home: string, ...words: readonly string[]) {
  const env = { HOME: home, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const common = ["--region", "us-east-1", "--endpoint-url", url];
  return run("aws", [...common, ...words, ...(words[0] === "s3" ? ["--only-show-errors"] : [])], { env });
}

function mc(home: string, ...words: readonly string[]): Promise<Buffer> {
  return run("mc", ["--quiet", ...words], { env: { HOME: home } });
}
