/** The actions of the client programs (program.ts), for those in a page: files are paths of the page's own server. */

/** `actions`: name -> function of bucket, key and what else the action takes, or why it is not offered. */
export function serve(actions) {
  globalThis.act = async (action, ...words) => {
    const found = actions[action];
    return typeof found === "string" ? { declined: found } : { result: await found(...words) };
  };
}

export async function read(file) {
  return (await fetch(file)).blob();
}

export async function save(file, body) {
  const { ok } = await fetch(file, { method: "PUT", body });
  if (!ok) throw new Error(`${file} is not written`);
}
