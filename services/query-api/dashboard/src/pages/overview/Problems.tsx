/** Files of a submission that could not be used, or were mended. */
import type { Schemas } from "../../api/client.ts";
import { plural } from "../../lib/format.ts";
import { ErrorTable } from "../../ui/ErrorTable.tsx";
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
