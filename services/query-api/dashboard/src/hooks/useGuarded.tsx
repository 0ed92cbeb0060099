/** Runs an action once there is a token; asks for it first where there is none, and again when it is refused. */
import { type ReactNode, useId, useState } from "react";

import { useAdmin } from "./useAdmin.ts";
import { toast } from "../live/store.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { DialogForm } from "../ui/DialogForm.tsx";

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

/** React's autoFocus comes before the dialog is shown, which then takes its first button; this it respects. */
function focusAtOpening(field: HTMLInputElement | null): void {
  field?.setAttribute("autofocus", "");
}

/** Asks for the admin token, once per tab. */
function TokenDialog({
  refused,
  onDone,
  onClose,
}: {
  refused?: string | undefined;
  onDone: () => void;
  onClose: () => void;
}) {
  const id = useId();
  const [token, setToken] = useState("");
  function submit(): void {
    useAdmin.setState({ token: token.trim() });
    onDone();
  }
  return (
    <Dialog title="Admin token" onClose={onClose}>
      <DialogForm go="Go on" disabled={!token.trim()} onSubmit={submit} onClose={onClose}>
        <p className="text-muted text-sm">
          What only admins see and do needs an admin's token. It is kept for this tab only, and sent with
          those requests alone.
        </p>
        {refused && (
          <p role="alert" className="text-bad text-sm">
            {refused}
          </p>
        )}
        <label htmlFor={id} className="label block">
          Token
        </label>
        <input
          id={id}
          type="password"
          autoComplete="off"
          ref={focusAtOpening}
          className="field w-full font-mono"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </DialogForm>
    </Dialog>
  );
}
