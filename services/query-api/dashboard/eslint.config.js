// The dashboard's counterpart of ruff: types, hooks, accessibility.
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "src/api/schema.ts", "client/src/schema.ts", "client/dist"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat["recommended-latest"],
  jsxA11y.flatConfigs.strict,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines-per-function": ["error", { max: 60 }], // markup included
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }], // a number is itself in text
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }], // onClick={() => close()}
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", name: "test", package: "node:test" }] }, // the runner awaits it
      ],
      "jsx-a11y/no-noninteractive-tabindex": ["error", { roles: ["region"] }], // what scrolls must be reached by keyboard
      "jsx-a11y/label-has-associated-control": ["error", { depth: 3 }],
    },
  },
  { files: ["eslint.config.js"], extends: [tseslint.configs.disableTypeChecked] },
);
