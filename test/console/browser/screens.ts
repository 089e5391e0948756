/** Every screen of the console, as a reader comes to it, for what must hold on all of them. */
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Page, Request } from "playwright-core";
import { beSignedIn, soon } from "../../support/browser.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";

export interface Scene {
  /** As a file is called. */
  readonly name: string;
  /** The fragment; absent: nobody is signed in. */
  readonly at?: string;
  /** What is done there, until everything stands. */
  readonly reach: (page: Page) => Promise<void>;
  /** What is reached leaves when the window changes, and can be reached again. */
  readonly closesOnResize?: true;
}

const heading = (name: string) => (page: Page) => page.getByRole("heading", { name, exact: true }).waitFor();
const row = (page: Page, name: string) => page.getByRole("row", { name });

async function pressed(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

async function details(page: Page, name: string): Promise<void> {
  await row(page, name).locator(".row-size").click();
  await page.getByRole("region", { name: "Copies" }).waitFor();
}

export const SCENES: readonly Scene[] = [
  { name: "sign-in", reach: (page) => page.getByLabel("Secret key").waitFor() },
  {
    name: "sign-in-refused",
    async reach(page) {
      await page.getByLabel("Access key").fill("AKIANOBODY");
      await page.getByLabel("Secret key").fill("nothing");
      await pressed(page, "Sign in");
      await page.getByText("There is no such access key.").waitFor();
    },
  },
  { name: "buckets", at: "#/buckets", reach: (page) => page.getByRole("link", { name: "full" }).waitFor() },
  {
    name: "bucket-menu",
    at: "#/buckets",
    closesOnResize: true,
    async reach(page) {
      await pressed(page, "For full");
      await page.getByRole("menuitem", { name: "Delete …" }).waitFor();
    },
  },
  {
    name: "make-bucket",
    at: "#/buckets",
    async reach(page) {
      await pressed(page, "New bucket");
      await page.getByLabel("Name", { exact: true }).fill("No");
    },
  },
  {
    name: "delete-bucket-refused",
    at: "#/buckets",
    async reach(page) {
      await pressed(page, "For full");
      await page.getByRole("menuitem", { name: "Delete …" }).click();
      await pressed(page, "Delete the bucket");
      await page.getByText("It still holds objects").waitFor();
    },
  },
  { name: "browse-empty", at: "#/buckets/bare/", reach: heading("This bucket is empty") },
  { name: "browse-failing", at: "#/buckets/no-such-bucket/", reach: (page) => page.getByRole("alert").waitFor() },
  { name: "browse", at: "#/buckets/full/", reach: (page) => row(page, "notes.txt").waitFor() },
  {
    name: "browse-selected",
    at: "#/buckets/full/",
    async reach(page) {
      await page.getByLabel("Select notes.txt").click();
      await page.getByLabel("Select drawing.svg").click();
      await page.getByText("2 selected").waitFor();
    },
  },
  {
    name: "upload-menu",
    at: "#/buckets/full/",
    closesOnResize: true,
    async reach(page) {
      await pressed(page, "Upload");
      await page.getByRole("menuitem", { name: "A folder" }).waitFor();
    },
  },
  {
    name: "upload-done",
    at: "#/buckets/full/",
    async reach(page) {
      await page
        .getByLabel("Files to upload")
        .setInputFiles({ name: "sent.txt", mimeType: "text/plain", buffer: Buffer.from("sent") });
      await page
        .getByLabel("Uploads")
        .getByText(/1 (?:sent|already stored)/)
        .waitFor();
    },
  },
  {
    name: "make-folder",
    at: "#/buckets/full/",
    async reach(page) {
      await pressed(page, "New folder");
      await page.getByLabel("Name", { exact: true }).fill("a//b");
      await page.getByText("Slashes only between two names.").waitFor();
    },
  },
  { name: "details-text", at: "#/buckets/full/", reach: (page) => details(page, "notes.txt") },
  { name: "details-image", at: "#/buckets/full/", reach: (page) => details(page, "drawing.svg") },
  {
    name: "details-editing",
    at: "#/buckets/full/",
    async reach(page) {
      await details(page, "notes.txt");
      await page.getByRole("region", { name: "Tags" }).getByRole("button", { name: "Add" }).click();
      await page.getByLabel("Tags: name 1").fill("stage");
    },
  },
  { name: "where", at: "#/where", reach: heading("Where it lives") },
  { name: "dashboard", at: "#/dashboard", reach: heading("Dashboard") },
  { name: "keys", at: "#/administration", reach: heading("Access keys") },
  {
    name: "bucket-rules",
    at: "#/administration/buckets/full",
    async reach(page) {
      await pressed(page, "Add rules");
      await pressed(page, "Another rule");
      await pressed(page, "Save rules");
      await page.getByText("at least one origin").first().waitFor();
    },
  },
  { name: "administered-buckets", at: "#/administration/buckets", reach: heading("Bucket settings") },
  { name: "backends", at: "#/administration/backends", reach: heading("Backends") },
  {
    name: "backend-redirects",
    at: "#/administration/backends",
    async reach(page) {
      await pressed(page, "For amsterdam");
      await page.getByRole("menuitem", { name: "Redirects to it" }).click();
      await page.getByText("Nobody is redirected there").waitFor();
    },
  },
  { name: "accounts", at: "#/administration/accounts", reach: heading("Accounts") },
  { name: "jobs", at: "#/administration/jobs", reach: heading("Jobs") },
];

/** A gateway over disks, with a bucket of everything and an empty one. */
export async function startFurnished(directory: string): Promise<TestGateway> {
  const places = ["amsterdam", "toronto", "singapore"];
  const gateway = await startTestGateway({
    backends: places.map((name) => ({ kind: "disk", name, region: name, directory: `${directory}/${name}` })),
  });
  const { identity = "" } = gateway.gateway.fleet.get("amsterdam") ?? {};
  const found = { replayedHeaders: "strict", keyReads: true, sameStore: true, etags: true, ranges: false } as const;
  const tried = { publicEndpoint: "https://amsterdam.example", at: new Date(), ...found };
  await gateway.gateway.metadata.backends.setAbilities("amsterdam", identity, tried);
  for (const Bucket of ["full", "bare"]) await gateway.s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body: string, ContentType: string) =>
    gateway.s3.send(new PutObjectCommand({ Bucket: "full", Key, Body, ContentType, Metadata: { author: "somebody" } }));
  await put("notes.txt", "plain words\n".repeat(40), "text/plain; charset=utf-8");
  await put("drawing.svg", DRAWING, "image/svg+xml");
  for (const folder of ["2025", "2026"]) await put(`${folder}/one.bin`, folder, "application/octet-stream");
  for (let index = 1; index <= 30; index += 1)
    await put(`report-${index}.csv`, `${index},`.repeat(index * 400), "text/csv");
  return gateway;
}

const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="160">
  <rect width="320" height="160" fill="#0f6278"/><circle cx="160" cy="80" r="48" fill="#edbd63"/></svg>`;

/** In a new tab: the scene, with all that is loaded there. */
export async function visit(page: Page, gateway: TestGateway, { at, reach }: Scene): Promise<void> {
  const running = new Set<Request>();
  page.on("request", (request) => running.add(request));
  page.on("requestfinished", (request) => running.delete(request));
  page.on("requestfailed", (request) => running.delete(request));
  if (at !== undefined) await beSignedIn(page, gateway);
  await page.goto(`${gateway.url}/-/${at ?? ""}`);
  await reach(page);
  const loading = async () => ({
    shown: await page.locator(".loading, [aria-busy=true]").count(),
    asked: [...running].map((request) => request.url()),
  });
  await soon(loading).toEqual({ shown: 0, asked: [] });
}
