/**
 * Multipart uploads on a disk: one directory each. Completing renames it into place, so no byte is written twice. First
 * it gets a name under which no part can be written any more: what is checked then is what the object has.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { multipartEtag } from "../../checksums/multipart-etag.ts";
import { BackendError } from "../backend.ts";
import { codeOf, type Disk } from "./files.ts";
import { MANIFEST, type Manifest, type ManifestPart, PARTS_SUFFIX, partFile } from "./layout.ts";
import { statWithTrailer } from "./objects.ts";
import { DiskSink } from "./sink.ts";

const UPLOAD_ID = /^[0-9a-f]{32}$/;
/** Ends the name of an upload that is being completed, or was when the process died. */
const SEALED = ".sealed";
/** Another directory stands there. */
const OCCUPIED: ReadonlySet<string | undefined> = new Set(["ENOTEMPTY", "EEXIST"]);

export class DiskUploads {
  readonly #disk: Disk;
  readonly #uploads: string;

  constructor(disk: Disk) {
    this.#disk = disk;
    this.#uploads = join(disk.directory, "uploads");
  }

  async create(key: string): Promise<string> {
    const id = randomBytes(16).toString("hex");
    const directory = join(this.#uploads, id);
    // Among the uploads it stands only with its whole key: without it nobody could ever tell whose it is.
    const made = join(this.#disk.directory, "tmp", `${id}.upload`);
    try {
      await this.#disk.checkPresent();
      await this.#disk.run(() => mkdir(made));
      await this.#writeFile(join(made, "key"), key);
      await this.#disk.syncDirectory(made);
      await this.#disk.run(() => rename(made, directory));
      await this.#disk.syncDirectory(this.#uploads);
      return id;
    } catch (error) {
      throw await this.#disk.translate(error, directory);
    }
  }

  writePart(key: string, id: string, partNumber: number, size: number): DiskSink {
    const directory = this.#directory(key, id);
    return new DiskSink(this.#disk, join(directory, partFile(partNumber)), size, async (from, to) => {
      await this.#checkKey(key, id);
      await this.#disk.run(() => rename(from, to));
      await this.#disk.syncDirectory(directory);
    });
  }

  /** `path`: the object's path, without the suffix. */
  async complete(
    key: string,
    id: string,
    path: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<{ etag: string }> {
    const open = this.#directory(key, id);
    const directory = `${open}${SEALED}`;
    try {
      await this.#seal(key, id);
      const manifest: Manifest = await this.#manifest(directory, parts);
      const chosen = new Set(manifest.parts.map((part) => part.file));
      await this.#writeFile(join(directory, MANIFEST), `${JSON.stringify(manifest)}\n`);
      for (const name of await this.#disk.run(() => readdir(directory)))
        if (!chosen.has(name) && name !== MANIFEST && name !== "key")
          await this.#disk.run(() => rm(join(directory, name)));
      await this.#disk.syncDirectory(directory);
      await this.#moveInto(directory, `${path}${PARTS_SUFFIX}`);
      await this.#disk.syncDirectory(this.#uploads);
      return { etag: manifest.etag };
    } catch (error) {
      // Parts can be written again; one that cannot be renamed now stays sealed until the next try.
      await this.#disk.run(() => rename(directory, open)).catch(() => undefined);
      throw await this.#disk.translate(error, directory);
    }
  }

  /**
   * No rename puts a directory in the place of another: what stands there goes first. A crash in between leaves no
   * object; only one that is damaged is ever replaced.
   */
  async #moveInto(from: string, to: string): Promise<void> {
    try {
      await this.#disk.moveInto(from, to);
    } catch (error) {
      if (!OCCUPIED.has(codeOf(error))) throw error;
      const away = join(this.#disk.directory, "tmp", `${randomBytes(16).toString("hex")}.replaced`);
      await this.#disk.run(() => rename(to, away));
      await this.#disk.moveInto(from, to);
      await this.#disk.run(() => rm(away, { recursive: true, force: true }));
    }
  }

  async abort(key: string, id: string | undefined): Promise<void> {
    const names = id === undefined ? await this.#namesOf(key) : UPLOAD_ID.test(id) ? [id, `${id}${SEALED}`] : [];
    for (const name of names) if ((await this.#keyOf(name)) === key) await this.#remove(name);
  }

  /** It may be sealed already: by a process that died. */
  async #seal(key: string, id: string): Promise<void> {
    const open = join(this.#uploads, id);
    if ((await this.#keyOf(id)) === key) await this.#disk.run(() => rename(open, `${open}${SEALED}`));
    else if ((await this.#keyOf(`${id}${SEALED}`)) !== key) throw this.#unknown(key, id);
  }

  async #manifest(
    directory: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
  ): Promise<Manifest> {
    const found: ManifestPart[] = [];
    for (const { partNumber, etag } of parts) {
      const file = partFile(partNumber);
      const refused = (cause?: unknown) =>
        new BackendError(this.#disk.backend, "refused", { cause, detail: `part ${partNumber} is not ${etag}` });
      try {
        const part = await statWithTrailer(this.#disk, join(directory, file));
        if (part.etag !== etag) throw refused();
        found.push({ file, size: part.size, etag });
      } catch (error) {
        throw codeOf(error) === "ENOENT" ? refused(error) : error;
      }
    }
    return {
      etag: multipartEtag(parts.map((part) => part.etag)),
      size: found.reduce((sum, part) => sum + part.size, 0),
      parts: found,
    };
  }

  /** Of the directories of its uploads. */
  async #namesOf(key: string): Promise<string[]> {
    await this.#disk.checkPresent();
    try {
      const names: string[] = [];
      for (const name of await this.#disk.run(() => readdir(this.#uploads)))
        if ((await this.#keyOf(name)) === key) names.push(name);
      return names;
    } catch (error) {
      throw await this.#disk.translate(error, this.#uploads);
    }
  }

  /** Undefined: no such upload; the disk is in place. */
  async #keyOf(name: string): Promise<string | undefined> {
    try {
      return await this.#disk.run(() => readFile(join(this.#uploads, name, "key"), "utf8"));
    } catch (error) {
      const translated = await this.#disk.translate(error, name);
      if (translated.fault !== "absent") throw translated;
      return undefined;
    }
  }

  async #checkKey(key: string, id: string): Promise<void> {
    if ((await this.#keyOf(id)) !== key) throw this.#unknown(key, id);
  }

  #unknown(key: string, id: string): BackendError {
    return this.#disk.fault("absent", `upload ${id} of ${key}`);
  }

  #directory(key: string, id: string): string {
    if (!UPLOAD_ID.test(id)) throw this.#unknown(key, id);
    return join(this.#uploads, id);
  }

  /** One rename hides the directory; its files are removed after that. */
  async #remove(name: string): Promise<void> {
    const away = join(this.#disk.directory, "tmp", `${name}.upload`);
    try {
      await this.#disk.run(() => rename(join(this.#uploads, name), away));
      await this.#disk.run(() => rm(away, { recursive: true, force: true }));
    } catch (error) {
      const translated = await this.#disk.translate(error, name);
      if (translated.fault !== "absent") throw translated;
    }
  }

  async #writeFile(path: string, text: string): Promise<void> {
    await this.#disk.use(path, "w", async (file) => {
      await file.write([Buffer.from(text)]);
      if (this.#disk.durable) await file.sync();
    });
  }
}
