/** Cancels an ingestion that runs, or takes a request back: asked for twice, as it cannot be undone. */
import { useState } from "react";

import { useGuarded } from "../../hooks/useGuarded.tsx";
import { toast } from "../../live/store.ts";
import { cancelRequest, cancelRun } from "./actions.ts";

/** Which: a run by its number, or a request by its id. */
type What = { run: number } | { request: string };

export function CancelButton({ what, name }: { what: What; name: string }) {
  const { run, busy, dialog } = useGuarded();
  const [sure, setSure] = useState(false);
  const [asked, setAsked] = useState(false);
  function pick(): void {
    if (!sure) {
      setSure(true);
      return;
    }
    run(async () => {
      await ("run" in what ? cancelRun(what.run) : cancelRequest(what.request));
      setAsked(true);
      toast({ kind: "plain", title: `${name} is being cancelled`, text: "It ends as skipped." });
    });
  }
  return (
    <>
      <button
        type="button"
        className="text-muted hover:text-ink text-sm underline underline-offset-3"
        disabled={busy || asked}
        onClick={pick}
        onBlur={() => setSure(false)}
      >
        {asked ? "Cancelling …" : sure ? "Really cancel" : "Cancel"}
        <span className="sr-only"> {name}</span>
      </button>
      {dialog}
    </>
  );
}
