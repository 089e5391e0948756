/** The three functions of the metadata proposal that @peculiar/x509 needs on `Reflect`. Import it first. */
const kept = new WeakMap<object, Map<unknown, unknown>>();

function of(target: object): Map<unknown, unknown> {
  const found = kept.get(target) ?? new Map();
  kept.set(target, found);
  return found;
}

Object.assign(Reflect, {
  defineMetadata: (name: unknown, value: unknown, target: object) => void of(target).set(name, value),
  getOwnMetadata: (name: unknown, target: object) => of(target).get(name),
  getMetadata(name: unknown, target: object): unknown {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at))
      if (of(at).has(name)) return of(at).get(name);
    return undefined;
  },
});
