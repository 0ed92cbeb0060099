/** Copies a link to what is shown now. */
import { useEffect, useState } from "react";

import { Icon } from "../ui/icons.tsx";
import { copy, linkHere } from "./link.ts";

const SAID_MS = 2_500;

export function CopyLink() {
  const [said, say] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => say(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const go = async () =>
    say((await copy(linkHere())) ? "Link copied" : "The browser does not let this page copy");
  return (
    <>
      <button
        type="button"
        className="button shrink-0 px-2.5"
        aria-label="Copy a link to this view"
        title={said || "Copy a link to this view"}
        onClick={() => void go()}
      >
        <Icon name={said === "Link copied" ? "done" : "link"} />
      </button>
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  );
}
