/**
 * Names that S3 gives to buckets. Pure.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */

/** Says what is wrong with a name; undefined: nothing. */
export function bucketNameFault(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return "3 to 63 characters.";
  if (!/^[a-z0-9.-]+$/.test(name)) return "Small letters, digits, dots and hyphens only.";
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return "A letter or digit at either end.";
  if (name.includes("..")) return "No two dots in a row.";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return "Not like an address.";
  return undefined;
}
