/** What admins did, the last first. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { guarded, headers } from "../../api/admin.ts";
import { api, type Schemas, unwrap } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { plural } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/Badge.tsx";
import { Moment } from "../../ui/Moment.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { type Column, Table } from "../../ui/Table.tsx";
import { Unlock } from "./Unlock.tsx";

type Deed = Schemas["AdminAction"];

const PAGE = 20;
const LEFT = "py-2.5 pr-2 text-left align-top sm:pr-4";
const WIDE = `${LEFT} hidden sm:table-cell`;
const TONES: Record<Deed["outcome"], Tone> = { done: "good", failed: "bad", begun: "part" };

const COLUMNS: Column<Deed>[] = [
  { name: "When", className: `${LEFT} sm:whitespace-nowrap`, cell: ({ at }) => <Moment at={at} /> },
  { name: "Who", className: `${LEFT} min-w-20 wrap-anywhere`, cell: (deed) => <Who deed={deed} /> },
  { name: "Action", className: `${LEFT} wrap-anywhere`, cell: ({ action }) => action },
  { name: "What", className: `${WIDE} wrap-anywhere`, cell: ({ target }) => targetText(target) },
  { name: "Outcome", className: LEFT, cell: (deed) => <Outcome deed={deed} /> },
];

const auditQuery = (actor: string, page: number) =>
  queryOptions({
    queryKey: keys.audit(actor, page),
    retry: false,
    queryFn: ({ signal }) => {
      const query = { ...(actor ? { actor } : {}), limit: PAGE, offset: (page - 1) * PAGE };
      return guarded(() =>
        unwrap(api.GET("/api/admin/audit", { params: { query }, headers: headers(), signal })),
      );
    },
  });

export function AuditLog() {
  return (
    <Panel title="Audit log" hint="What admins did by the API and this page, the last first.">
      <Unlock what="the audit log">
        <List />
      </Unlock>
    </Panel>
  );
}

function List() {
  const [page, setPage] = useState(1);
  const [actor, setActor] = useState("");
  const deeds = useQuery({ ...auditQuery(actor, page), placeholderData: keepPreviousData });
  return (
    <>
      <div className="mb-3">
        <SearchField
          label="Only of this admin"
          value={actor}
          onSearch={(text) => {
            setActor(text);
            setPage(1);
          }}
        />
      </div>
      <Answer query={deeds} what="the audit log" lines={4}>
        {({ total, data }) =>
          total === 0 ? (
            <Empty title={actor ? "This admin did nothing." : "No admin did anything yet."} />
          ) : (
            <>
              <Table
                label="Table of admins' actions"
                testId="deed"
                columns={COLUMNS}
                rows={data}
                keyOf={({ id }) => id}
              />
              <p className="text-muted mt-3 text-sm">{plural(total, "action")}</p>
              <Pager label="the audit log" page={page} size={PAGE} total={total} go={setPage} />
            </>
          )
        }
      </Answer>
    </>
  );
}

function Who({ deed: { actor, address } }: { deed: Deed }) {
  return (
    <>
      <span className="block font-medium">{actor}</span>
      <span className="text-muted block text-xs">{address}</span>
    </>
  );
}

function Outcome({ deed: { outcome, detail } }: { deed: Deed }) {
  return (
    <>
      <Badge tone={TONES[outcome]}>{outcome}</Badge>
      {detail && <span className="text-muted block text-xs wrap-anywhere">{detail}</span>}
    </>
  );
}

function targetText(target: Deed["target"]): string {
  return Object.entries(target ?? {})
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
