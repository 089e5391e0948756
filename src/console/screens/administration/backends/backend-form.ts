/** What is filled in to attach a backend, and the document that stands for it, as in a configuration file. Pure. */

export type Kind = "s3" | "disk";

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isSecret?: boolean;
  /** It is left out where it is empty. */
  readonly isOptional?: boolean;
}

const NAME: FormField = { name: "name", label: "Name", placeholder: "store-3", hint: "It cannot be changed later." };

const REGION: FormField = {
  name: "region",
  label: "Region",
  hint: "One of the regions in the configuration file: copies go to different ones.",
};

export const FIELDS: Readonly<Record<Kind, readonly FormField[]>> = {
  s3: [
    NAME,
    REGION,
    { name: "endpoint", label: "Endpoint", placeholder: "https://s3.example.com" },
    { name: "bucket", label: "Bucket", hint: "On that store, for nearbucket alone." },
    { name: "prefix", label: "Prefix in the bucket", isOptional: true, hint: "Empty: the whole bucket." },
    { name: "accessKeyId", label: "Access key" },
    { name: "secretAccessKey", label: "Secret key", isSecret: true, hint: "Kept encrypted, and never shown again." },
    { name: "signingRegion", label: "Signing region", isOptional: true, placeholder: "us-east-1" },
    {
      name: "publicEndpoint",
      label: "Endpoint for clients",
      isOptional: true,
      hint: "Where clients are sent to read. Empty: the endpoint above.",
    },
  ],
  disk: [
    NAME,
    REGION,
    {
      name: "directory",
      label: "Directory",
      placeholder: "/mnt/disk-3/nearbucket",
      hint: "An absolute path on the gateway's machine.",
    },
  ],
};

type Filled = Readonly<Record<string, string>>;

export interface BackendForm {
  readonly kind: Kind;
  readonly filled: Filled;
  /** Of an S3 store: make the bucket where there is none. */
  readonly createBucket: boolean;
}

/** Values of fields of another kind are left out. */
export function configOf({ kind, filled, createBucket }: BackendForm): Record<string, unknown> {
  const values = FIELDS[kind].flatMap(({ name, isOptional }) => {
    const value = textOf(filled, name);
    return value === "" && isOptional === true ? [] : [[name, value] as const];
  });
  return { kind, ...Object.fromEntries(values), ...(kind === "s3" && createBucket && { createBucket }) };
}

/** The labels of what must be filled in and is not. */
export function missing({ kind, filled }: BackendForm): readonly string[] {
  return FIELDS[kind]
    .filter(({ name, isOptional }) => isOptional !== true && textOf(filled, name) === "")
    .map(({ label }) => label);
}

/** A secret may end with a space. */
function textOf(filled: Filled, name: string): string {
  const text = filled[name] ?? "";
  return name === "secretAccessKey" ? text : text.trim();
}
