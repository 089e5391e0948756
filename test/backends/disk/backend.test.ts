import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskBackend } from "../../../src/backends/disk/backend.ts";
import { backendContract } from "../../contracts/backend-contract.ts";

for (const durable of [true, false])
  backendContract(durable ? "disk" : "disk without syncing", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nearbucket-disk-"));
    const backend = await openDiskBackend({ name: "disk", region: "here", directory, durable });
    return { backend, close: () => rm(directory, { recursive: true }) };
  });
