/** Everything about one submission. */
import { useQuery } from "@tanstack/react-query";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { modelQuery } from "../../api/queries.ts";
import { plural } from "../../lib/format.ts";
import { ErrorTable } from "../../ui/ErrorTable.tsx";
import { Export } from "../../ui/Export.tsx";
import { Answer, Panel } from "../../ui/Panel.tsx";
import { Attempts } from "./Attempts.tsx";
import { EditionNotice } from "./provenance/EditionNotice.tsx";
import { linesOf } from "./provenance/lines.ts";
import { ScorePanel } from "./ScorePanel.tsx";
import { TaskPanel } from "./TaskPanel.tsx";
import { UsagePanel } from "./UsagePanel.tsx";
import { Versions } from "./Versions.tsx";

const tasksOf = (detail: ModelDetail) => linesOf(detail, null);

export function ModelView({ row, of }: { row: ModelRow; of: number }) {
  const detail = useQuery(modelQuery(row.dataset, row.model));
  // Right after a landing the list knows little of it; the model's own answer knows all.
  const known = detail.data && detail.data.ingestedAt >= row.ingestedAt ? detail.data : row;
  const { ingestionErrors: errors = [], findings = [], errors: lost = 0 } = detail.data ?? {};
  const total = findings.reduce((sum, each) => sum + each.count, 0);
  const useless = errors.find((each) => each.kind === "nothing_usable");
  return (
    <div className="grid gap-5 lg:grid-cols-3">
      {useless && (
        <Panel title="Landed, nothing usable" className="lg:col-span-3">
          <p className="text-bad text-sm">{useless.message}</p>
        </Panel>
      )}
      {detail.data && <EditionNotice detail={detail.data} />}
      <ScorePanel row={known} of={of} />
      <UsagePanel row={known} detail={detail} />
      <Panel
        title="Tasks"
        hint="One cell per task of the set. Pick one to see its grids."
        className="lg:col-span-3"
        aside={
          detail.data && <Export name={`Tasks of ${row.displayName}`} rows={() => tasksOf(detail.data)} />
        }
      >
        <Answer query={detail} what="the tasks" lines={6}>
          {(found) => <TaskPanel row={row} detail={found} />}
        </Answer>
      </Panel>
      <Attempts row={known} detail={detail} />
      <Panel
        title="Versions"
        hint="What each upload changed."
        className="lg:col-span-1"
        aside={
          detail.data && <Export name={`Versions of ${row.displayName}`} rows={() => detail.data.versions} />
        }
      >
        <Answer query={detail} what="the versions">
          {(found) => <Versions versions={found.versions} />}
        </Answer>
      </Panel>
      {errors.length > 0 && (
        <Panel
          title="What was found in its files"
          hint={`${plural(lost, "file")} could not be used; ${plural(total - lost, "finding")} in what was.`}
          className="lg:col-span-3"
          aside={<Export name={`Findings in ${row.displayName}`} rows={() => errors} />}
        >
          <ErrorTable findings={findings} errors={errors} />
        </Panel>
      )}
    </div>
  );
}
