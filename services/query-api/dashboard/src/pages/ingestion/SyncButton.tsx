/** Compares the Hub with the database now. */
import { toast } from "../../live/store.ts";
import { syncNow } from "./actions.ts";
import { useGuarded } from "./useGuarded.tsx";

export function SyncButton() {
  const { run, busy, dialog } = useGuarded();
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={busy}
        onClick={() =>
          run(async () => {
            await syncNow(null);
            toast({ kind: "plain", title: "Sync requested", text: "What it finds shows up here." });
          })
        }
      >
        Sync now
      </button>
      {dialog}
    </>
  );
}
