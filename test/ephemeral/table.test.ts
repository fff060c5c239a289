import { progress, table } from "./table";

test("columns line up, and no line ends in blanks", () => {
  expect(
    table(
      ["run", "left"],
      [
        ["a", "0"],
        ["long one", ""],
      ],
    ),
  ).toBe(["run       left", "a         0", "long one"].join("\n"));
});

test("progress tells the seconds since its beginning", () => {
  const lines: string[] = [];
  progress((line) => lines.push(line))("up");
  expect(lines).toEqual(["[   0 s] up"]);
});
