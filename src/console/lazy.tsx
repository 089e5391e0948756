/** A component whose code is fetched when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Failing, Loading } from "./ui/states.tsx";

/** What could not be fetched is fetched again when it is shown anew, when asked to, and when the network is back. */
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
    // With what is said about it: later the network's return would be missed.
    useLayoutEffect(() => {
      if (state !== "failed") return;
      addEventListener("online", fetchAgain);
      return () => removeEventListener("online", fetchAgain);
    }, [state]);
    const Known = known;
    if (Known !== undefined) return <Known {...props} />;
    if (state === "failed") return <Failing fault={LOST} retry={fetchAgain} />;
    return <Loading />;
  };
}

/** A gateway that was upgraded has other files. */
const LOST = {
  code: "Offline",
  message:
    "This part of the console could not be fetched. If it cannot when the gateway is there, load the page again: " +
    "the gateway may have been upgraded.",
  status: 0,
};
