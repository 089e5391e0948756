/** A component whose code is fetched when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failing, Loading } from "./ui/states.tsx";

export function lazy<Props extends object>(fetchIt: () => Promise<ComponentType<Props>>) {
  let known: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [state, setState] = useState<"fetching" | "there" | "failed">(known ? "there" : "fetching");
    const fetchAgain = () => {
      setState("fetching");
      fetchIt().then(
        (component) => {
          known = component;
          setState("there");
        },
        () => setState("failed"),
      );
    };
    useEffect(() => {
      if (known === undefined) fetchAgain();
    }, []);
    const Known = known;
    if (Known !== undefined) return <Known {...props} />;
    if (state === "failed") return <Failing fault={LOST} retry={() => location.reload()} />;
    return <Loading />;
  };
}

/** Also after an upgrade of the gateway, which serves other files then. */
const LOST = {
  code: "Offline",
  message: "This part of the console could not be fetched. Load the page again.",
  status: 0,
};
