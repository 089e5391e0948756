/** The OpenAPI 3.1 document, from the table and the shapes. */
import { z } from "zod";
import { problem } from "../contract/common.ts";
import type { ApiOperation } from "./api-operation.ts";

const BASE = "/-/api/v1";

interface Field {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: unknown;
}

export function openApiDocument(operations: Readonly<Record<string, ApiOperation>>, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, operation] of Object.entries(operations)) {
    const call = { [operation.method.toLowerCase()]: describe(operationId, operation) };
    paths[operation.path] = { ...paths[operation.path], ...call };
  }
  return {
    openapi: "3.1.0",
    info: { title: "nearbucket", version },
    servers: [{ url: BASE }],
    paths,
    components: {
      schemas: { Problem: toSchema(problem, "output") },
      securitySchemes: {
        sigv4: {
          type: "apiKey",
          in: "header",
          name: "Authorization",
          description:
            "AWS Signature Version 4 in the header, for the service s3; x-amz-content-sha256 is the digest of the body",
        },
      },
    },
  };
}

function describe(operationId: string, operation: ApiOperation): object {
  const { access, summary, body, answer, status = answer === undefined ? 204 : 200 } = operation;
  const parameters = [...pathFields(operation), ...queryFields(operation)];
  const content = answer && { content: { "application/json": { schema: toSchema(answer, "output") } } };
  return {
    operationId,
    summary,
    "x-access": access,
    security: access === "anyone" ? [] : [{ sigv4: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: toSchema(body, "input") } } },
    }),
    responses: {
      [status]: { description: "Done", ...content },
      default: {
        description: "Refused, or failed",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function pathFields({ path }: ApiOperation): readonly Field[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path" as const, required: true, schema: { type: "string" } },
  }));
}

function queryFields({ query }: ApiOperation): readonly Field[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input", override: withoutPattern });
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: "query" as const, required: required.includes(name), schema },
  }));
}

function toSchema(shape: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, override: withoutPattern });
  return schema;
}

/** The pattern of a time is 300 characters that `format` says in one. */
function withoutPattern({ jsonSchema }: { readonly jsonSchema: { format?: unknown; pattern?: unknown } }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
}
