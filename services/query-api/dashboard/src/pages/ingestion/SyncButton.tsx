/** Compares the Hub with the database now; says whether this tab holds the token that this needs. */
import { useQuery } from "@tanstack/react-query";

import { statusQuery } from "../../api/queries.ts";
import { useAdmin } from "../../hooks/useAdmin.ts";
import { toast } from "../../live/store.ts";
import { syncNow } from "./actions.ts";
import { noteAsked } from "./requested.ts";
import { useGuarded } from "../../hooks/useGuarded.tsx";

export function SyncButton() {
  const { run, busy, dialog } = useGuarded();
  const status = useQuery(statusQuery());
  const token = useAdmin((state) => state.token);
  const locked = status.data?.writable === false;
  return (
    <div className="flex flex-wrap items-center justify-end gap-x-4 gap-y-2">
      {locked && <span className="text-muted text-sm">Actions are off: the server has no ADMIN_TOKEN.</span>}
      {token && (
        <button
          type="button"
          className="text-muted hover:text-ink text-sm underline underline-offset-3"
          onClick={() => useAdmin.setState({ token: "" })}
        >
          Forget the token
        </button>
      )}
      <button
        type="button"
        className="button"
        disabled={busy || locked}
        onClick={() =>
          run(async () => {
            await syncNow();
            noteAsked();
            toast({ kind: "plain", title: "Sync requested", text: "What it finds shows up here." });
          })
        }
      >
        Sync now
      </button>
      {dialog}
    </div>
  );
}
