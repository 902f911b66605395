/** Before a lesson: which classrooms are there, and what the others lack. Pure. */
import type { ClassroomView } from "./protocol/wire";

export interface Readiness {
  /** Classrooms whose screen is on. */
  ready: number;
  /** What is missing, classrooms without a screen first. */
  missing: { classroom: ClassroomView; lacks: "screen" | "assistant" }[];
}

export function readinessOf(classrooms: readonly ClassroomView[]): Readiness {
  const dark = classrooms.filter(({ screen_present }) => !screen_present);
  const alone = classrooms.filter(({ screen_present, assistant_present }) => screen_present && !assistant_present);
  return {
    ready: classrooms.length - dark.length,
    missing: [
      ...dark.map((classroom) => ({ classroom, lacks: "screen" as const })),
      ...alone.map((classroom) => ({ classroom, lacks: "assistant" as const })),
    ],
  };
}
