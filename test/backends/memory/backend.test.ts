import { MemoryBackend } from "../../../src/backends/memory/backend.ts";
import { backendContract } from "../../contracts/backend-contract.ts";

backendContract("memory", async () => {
  const backend = new MemoryBackend({ name: "memory", region: "here" });
  return { backend, close: () => backend.close() };
});
