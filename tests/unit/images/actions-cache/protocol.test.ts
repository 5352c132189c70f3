import { describe, expect, it } from "vitest";
import { type Method, PROTOCOL, SERVICE } from "../../../harness/cache-service.ts";

// The stand-in for the cache service speaks what is published with @actions/cache.
const generated = "../../../../node_modules/@actions/cache/lib/generated/results/api/v1/cache.js";
interface Type {
  typeName: string;
  fields: { name: string }[];
}
const published = (await import(generated)) as unknown as Record<string, Type> & {
  CacheService: { typeName: string; methods: { name: string }[] };
};

describe("the test service's protocol", () => {
  it("has the published service and its three calls", () => {
    expect(published.CacheService.typeName).toBe(SERVICE);
    expect(published.CacheService.methods.map(({ name }) => name).sort()).toEqual(
      Object.keys(PROTOCOL).sort(),
    );
  });

  it.each(Object.keys(PROTOCOL) as Method[])("%s has the published fields", (method) => {
    const fields = (type: string) => published[type]?.fields.map(({ name }) => name).sort();
    expect([...PROTOCOL[method].request].sort()).toEqual(fields(`${method}Request`));
    expect([...PROTOCOL[method].response].sort()).toEqual(fields(`${method}Response`));
  });
});
