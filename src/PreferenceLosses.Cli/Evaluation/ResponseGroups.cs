namespace PreferenceLosses.Cli.Evaluation;

/// <summary>How many responses each row of a ranked batch has. The library wants the same number K everywhere, and a mask.</summary>
internal sealed class ResponseGroups(int[] lengths)
{
    public int Rows => lengths.Length;

    /// <summary>K: the longest row; 1 at least.</summary>
    public int Width { get; } = Math.Max(1, lengths.DefaultIfEmpty().Max());

    /// <summary>The number of responses of a row.</summary>
    public int this[int row] => lengths[row];

    /// <summary>Which of the K places of each row are taken; null where all are.</summary>
    public bool[]? Mask()
    {
        if (lengths.All(length => length == Width))
        {
            return null;
        }

        var mask = new bool[Rows * Width];
        for (var row = 0; row < Rows; row++)
        {
            mask.AsSpan(row * Width, lengths[row]).Fill(true);
        }

        return mask;
    }
}
