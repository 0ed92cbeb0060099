/** The datasets that are watched: which are paused, by whom and why. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";

import { guarded, headers } from "../../api/admin.ts";
import { api, type Schemas, unwrap } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { useGuarded } from "../../hooks/useGuarded.tsx";
import { Ago } from "../../ui/Ago.tsx";
import { Badge } from "../../ui/Badge.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { DialogForm } from "../../ui/DialogForm.tsx";
import { Moment } from "../../ui/Moment.tsx";
import { Name } from "../../ui/Name.tsx";
import { Answer, Panel } from "../../ui/Panel.tsx";
import { type Choice, Select } from "../../ui/Select.tsx";

type Dataset = Schemas["DatasetState"];

const HOUR_MS = 3_600_000;
const LENGTHS: Choice[] = [
  ["1", "For an hour"],
  ["24", "For a day"],
  ["168", "For a week"],
];

const datasetsQuery = () =>
  queryOptions({
    queryKey: keys.datasets(),
    queryFn: async ({ signal }) => (await unwrap(api.GET("/api/admin/datasets", { signal }))).data,
  });

export function Datasets() {
  const datasets = useQuery(datasetsQuery());
  return (
    <Panel
      title="Datasets"
      hint="Of a paused one nothing new is ingested by itself; what is asked for by hand goes on."
    >
      <Answer query={datasets} what="the datasets" lines={2}>
        {(rows) => (
          <ul className="divide-line divide-y">
            {rows.map((row) => (
              <Row key={row.dataset} row={row} />
            ))}
          </ul>
        )}
      </Answer>
    </Panel>
  );
}

function Row({ row: { dataset, pause } }: { row: Dataset }) {
  const { run, busy, dialog } = useGuarded();
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const resume = () =>
    run(async () => {
      const options = { body: { dataset }, headers: headers() };
      await guarded(() => unwrap(api.POST("/api/admin/datasets/resume", options)));
      await client.invalidateQueries({ queryKey: keys.datasets() });
      await client.invalidateQueries({ queryKey: keys.audit() });
    });
  return (
    <li
      data-testid="dataset"
      className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm first:pt-0 last:pb-0"
    >
      <div className="min-w-0 flex-1 basis-60">
        <span className="font-medium">
          <Name text={dataset} />
        </span>{" "}
        <Badge tone={pause ? "part" : "good"}>{pause ? "paused" : "watched"}</Badge>
        {pause && (
          <p className="text-muted mt-1 wrap-anywhere">
            By {pause.by}, <Ago at={pause.since} />
            {pause.until && (
              <>
                , until <Moment at={pause.until} />
              </>
            )}
            {pause.reason && `: ${pause.reason}`}
          </p>
        )}
      </div>
      <button type="button" className="button" disabled={busy} onClick={pause ? resume : () => setAsks(true)}>
        {pause ? "Resume" : "Pause …"}
        <span className="sr-only"> {dataset}</span>
      </button>
      {asks && <PauseDialog dataset={dataset} onClose={() => setAsks(false)} />}
      {dialog}
    </li>
  );
}

function PauseDialog({ dataset, onClose }: { dataset: string; onClose: () => void }) {
  const { run, busy, dialog } = useGuarded();
  const client = useQueryClient();
  const id = useId();
  const [reason, setReason] = useState("");
  const [hours, setHours] = useState("");
  function submit(): void {
    run(async () => {
      const until = hours ? new Date(Date.now() + Number(hours) * HOUR_MS).toISOString() : null;
      const options = { body: { dataset, reason: reason.trim() || null, until }, headers: headers() };
      await guarded(() => unwrap(api.POST("/api/admin/datasets/pause", options)));
      await client.invalidateQueries({ queryKey: keys.datasets() });
      await client.invalidateQueries({ queryKey: keys.audit() });
      onClose();
    });
  }
  return (
    <>
      <Dialog title="Pause a dataset" onClose={onClose}>
        <DialogForm go="Pause" disabled={busy} onSubmit={submit} onClose={onClose}>
          <p className="text-sm wrap-anywhere">
            {dataset} goes on being listed. What is new or changed waits until it is resumed; ingestions that
            were requested already go on.
          </p>
          <label htmlFor={id} className="label block">
            Reason
          </label>
          <input
            id={id}
            className="field w-full"
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <Select
            label="How long"
            any="Until it is resumed"
            value={hours}
            options={LENGTHS}
            onPick={setHours}
          />
        </DialogForm>
      </Dialog>
      {dialog}
    </>
  );
}
