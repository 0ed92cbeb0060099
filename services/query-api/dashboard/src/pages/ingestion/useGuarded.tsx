/** Runs an action once there is a token; asks for it first where there is none, and again when it is refused. */
import { type ReactNode, useState } from "react";

import { useAdmin } from "../../hooks/useAdmin.ts";
import { toast } from "../../live/store.ts";
import { TokenDialog } from "./TokenDialog.tsx";

type Action = () => Promise<void>;

export function useGuarded(): { run: (action: Action) => void; busy: boolean; dialog: ReactNode } {
  const [pending, setPending] = useState<{ action: Action; refused?: string } | null>(null);
  const [busy, setBusy] = useState(false);

  async function attempt(action: Action): Promise<void> {
    setBusy(true);
    try {
      await action();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // The server refused the token: it is gone.
      if (!useAdmin.getState().token) setPending({ action, refused: text });
      else toast({ kind: "bad", title: "That did not work", text });
    } finally {
      setBusy(false);
    }
  }

  function run(action: Action): void {
    if (useAdmin.getState().token) void attempt(action);
    else setPending({ action });
  }

  const dialog = pending && (
    <TokenDialog
      refused={pending.refused}
      onClose={() => setPending(null)}
      onDone={() => {
        setPending(null);
        void attempt(pending.action);
      }}
    />
  );
  return { run, busy, dialog };
}
