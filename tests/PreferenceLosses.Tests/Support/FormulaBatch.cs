using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>What a formula of a test is evaluated on: columns by name, in double precision.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Responses">K, the number of responses per row.</param>
internal sealed record FormulaBatch(int Rows, int Responses = 1)
{
    /// <summary>One value per row, or per row and response (row-major).</summary>
    public Dictionary<string, double[]> Columns { get; init; } = [];

    /// <summary>Inputs with one value for the batch.</summary>
    public Dictionary<string, double> Scalars { get; init; } = [];

    /// <summary>Values of the parameters.</summary>
    public Dictionary<string, double> Parameters { get; init; } = [];

    /// <summary>Which responses are there, row-major; null if all of them are.</summary>
    public bool[]? Mask { get; init; }

    public bool IsValid(int row, int response) => Mask is null || Mask[(row * Responses) + response];

    /// <summary>The same numbers, rounded to a precision.</summary>
    public FormulaBatch Rounded<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => this with
        {
            Columns = Columns.ToDictionary(c => c.Key, c => c.Value.Select(Round<T>).ToArray()),
        };

    /// <summary>The same with one value of a column changed.</summary>
    public FormulaBatch With(string column, int at, double value)
    {
        var changed = (double[])Columns[column].Clone();
        changed[at] = value;
        return this with { Columns = new(Columns) { [column] = changed } };
    }

    /// <summary>The same with its rows in another order: row i is what row <c>order[i]</c> was.</summary>
    public FormulaBatch Reordered(int[] order) => Picked(order);

    /// <summary>Some of the rows.</summary>
    public FormulaBatch Picked(int[] rows) => this with
    {
        Rows = rows.Length,
        Columns = Columns.ToDictionary(c => c.Key, c => Pick(c.Value, Rows, rows)),
        Mask = Mask is null ? null : Pick(Mask, Rows, rows),
    };

    public static TItem[] Reordered<TItem>(TItem[] column, int[] order) => Pick(column, order.Length, order);

    /// <summary>Some rows of a column that has a given number of them.</summary>
    public static TItem[] Pick<TItem>(TItem[] column, int rows, int[] picked)
    {
        var perRow = column.Length / rows;
        return [.. picked.SelectMany(row => column.AsSpan(row * perRow, perRow).ToArray())];
    }

    /// <summary>A mask with holes anywhere, and with some responses at least in every row.</summary>
    public static bool[] RaggedMask(int rows, int responses, Random random, int atLeast = 1)
    {
        var mask = new bool[rows * responses];
        for (var row = 0; row < rows; row++)
        {
            var valid = mask.AsSpan(row * responses, responses);
            valid[..Math.Min(random.Next(atLeast, responses + 1), responses)].Fill(true);
            random.Shuffle(valid);
        }

        return mask;
    }

    private static double Round<T>(double value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => double.CreateTruncating(T.CreateTruncating(value));
}
