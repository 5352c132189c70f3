import { z } from "zod";

// What a stream's line may have: of another type, or null, it counts as absent, and the line is read all the same.

export const text = z.string().optional().catch(undefined);
export const count = z.number().optional().catch(undefined);
