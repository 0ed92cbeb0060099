/** Asks for the admin token, once per tab. */
import { type SyntheticEvent, useId, useState } from "react";

import { useAdmin } from "../../hooks/useAdmin.ts";
import { Dialog } from "../../ui/Dialog.tsx";

export function TokenDialog({
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
  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (!token.trim()) return;
    useAdmin.setState({ token: token.trim() });
    onDone();
  }
  return (
    <Dialog title="Admin token" onClose={onClose}>
      <form onSubmit={submit} className="space-y-4">
        <p className="text-muted text-sm">
          What changes something needs the server's ADMIN_TOKEN. It is kept for this tab only, and sent with
          actions alone.
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
          // eslint-disable-next-line jsx-a11y/no-autofocus -- a modal dialog with one field: that is what it was opened for
          autoFocus
          className="field w-full font-mono"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <div className="flex justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" disabled={!token.trim()}>
            Go on
          </button>
        </div>
      </form>
    </Dialog>
  );
}
