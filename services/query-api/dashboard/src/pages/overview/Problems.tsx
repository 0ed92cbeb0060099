/** Files of a submission that could not be used, or were mended. */
import type { Schemas } from "../../api/client.ts";
import { plural } from "../../lib/format.ts";
import { kindName } from "../../lib/kinds.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Panel } from "../../ui/Panel.tsx";

export function Problems({ errors }: { errors: readonly Schemas["IngestionError"][] }) {
  const fatal = errors.filter((each) => each.fatal).length;
  return (
    <Panel
      title="What was wrong with its files"
      hint={`${plural(fatal, "file")} could not be used; ${plural(errors.length - fatal, "note")} on files that were.`}
      className="lg:col-span-3"
    >
      <ErrorTable errors={errors} />
    </Panel>
  );
}

export function ErrorTable({ errors }: { errors: readonly Schemas["IngestionError"][] }) {
  return (
    <div tabIndex={0} role="region" aria-label="Problems of files" className="max-h-72 overflow-auto">
      <table className="w-full text-left text-sm">
        <thead className="label">
          <tr>
            <th className="py-1.5 pr-4">File</th>
            <th className="py-1.5 pr-4">Kind</th>
            <th className="py-1.5">What</th>
          </tr>
        </thead>
        <tbody>
          {errors.map((each, place) => (
            <tr key={place} className="border-line border-t align-top">
              <td className="py-1.5 pr-4 font-mono text-xs">{each.puzzleId ?? "–"}</td>
              <td className="py-1.5 pr-4">
                <Badge tone={each.fatal ? "bad" : "part"}>{kindName(each.kind)}</Badge>
              </td>
              <td className="text-muted py-1.5 break-words">{each.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
