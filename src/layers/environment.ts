import { preflightComponent } from "../keys/components.ts";
import { envKeyOnBase, envKeyOnDesktop } from "../keys/keys.ts";
import type { LayerRule } from "./rule.ts";

/** What the user's cached preflight installs. */
export const environmentRule: LayerRule = {
  name: "env",
  title: "environment image",
  keyDescription: "Key of the env layer; empty without one.",
  words: { preflight: "the cached preflight" },
  async content({ settings, scripts, cachedFiles }) {
    const preflight = scripts["cached-preflight"];
    if (preflight === undefined) {
      return undefined;
    }
    const label = `the cached preflight (${preflight.label})`;
    return {
      name: "env",
      title: "the environment",
      scripts: [
        {
          component: "preflight",
          file: "cached-preflight.sh",
          text: preflight.text,
          label,
          source: preflight.file,
        },
      ],
      files: cachedFiles,
      cached: settings["cache-container-build"],
      optional: false,
    };
  },
  component: (script, content) => preflightComponent(script.text, content.files),
  key: (base, parent, components) =>
    parent === undefined
      ? envKeyOnBase(base.variant, components)
      : envKeyOnDesktop(parent.key, components),
};
