/** What only an admin sees: shown once this tab holds a token, which is asked for here. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { statusQuery } from "../../api/queries.ts";
import { useAdmin } from "../../hooks/useAdmin.ts";
import { useGuarded } from "../../hooks/useGuarded.tsx";
import { Empty } from "../../ui/Panel.tsx";

export function Unlock({ what, children }: { what: string; children: ReactNode }) {
  const token = useAdmin((state) => state.token);
  const { run, dialog } = useGuarded();
  const status = useQuery(statusQuery());
  if (token) return <>{children}</>;
  if (status.data?.writable === false) return <Empty title="Off: the server has no ADMIN_TOKEN." />;
  return (
    <div className="space-y-3">
      <p className="text-muted text-sm">Only admins see {what}.</p>
      <button type="button" className="button" onClick={() => run(() => Promise.resolve())}>
        Show {what}
      </button>
      {dialog}
    </div>
  );
}
