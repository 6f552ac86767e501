namespace PreferenceLosses.Cli.Listing;

/// <summary>Columns of text, aligned with spaces.</summary>
internal static class TextTable
{
    private const string Gap = "  ";

    /// <summary>Writes rows of cells, all with the same number; each line starts with <paramref name="indent"/>.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string[]> rows, string indent = "")
    {
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var line = indent + string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column])));
            output.Write(line.TrimEnd());
            output.Write('\n');
        }
    }
}
