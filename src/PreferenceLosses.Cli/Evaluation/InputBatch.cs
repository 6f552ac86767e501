using System.Numerics;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>An input in memory: columns and scalars by name.</summary>
internal sealed class InputBatch<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly HashSet<string> grouped = [];
    private readonly Dictionary<string, T[]> columns = [];
    private readonly Dictionary<string, double> scalars = [];

    /// <summary>The number of responses of each row; null if no column has arrays of rows.</summary>
    public ResponseGroups? Groups { get; private set; }

    /// <summary>Whether a column was given as an array of rows, and is written in that form.</summary>
    public bool IsGrouped(string column) => grouped.Contains(column);

    public void AddScalar(string name, T value) => scalars.Add(name, double.CreateTruncating(value));

    public void AddColumn(string name, T[] values) => columns.Add(name, values);

    /// <summary>Adds a column of rows, padded to the width of the groups, which are the same for all such columns.</summary>
    public void AddGroupedColumn(string name, T[] values, ResponseGroups groups)
    {
        Groups = groups;
        grouped.Add(name);
        AddColumn(name, values);
    }

    public PreferenceBatch<T> ToBatch() => PreferenceBatch.FromColumns(columns) with
    {
        ResponsesPerRow = Groups?.Width ?? 0,
        ResponseMask = Groups?.Mask(),
        Scalars = scalars,
    };
}
