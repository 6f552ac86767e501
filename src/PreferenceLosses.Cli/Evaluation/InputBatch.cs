using System.Numerics;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>An input in memory: columns and scalars by name.</summary>
internal sealed class InputBatch<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly HashSet<string> grouped = [];
    private readonly Dictionary<string, T[]> columns = [];
    private readonly Dictionary<string, ReadOnlyMemory<T>> others = [];
    private readonly Dictionary<string, double> scalars = [];

    /// <summary>The number of responses of each row; null if no column has arrays of rows.</summary>
    public ResponseGroups? Groups { get; private set; }

    /// <summary>Whether a column was given as an array of rows, and is written in that form.</summary>
    public bool IsGrouped(string column) => grouped.Contains(column);

    public void AddScalar(string name, T value) => scalars.Add(name, double.CreateTruncating(value));

    public void AddColumn(string name, T[] values)
    {
        if (InputColumns.IsKnown(name))
        {
            columns.Add(name, values);
        }
        else
        {
            others.Add(name, values);
        }
    }

    /// <summary>Adds a column of rows, padded to the width of the groups, which are the same for all such columns.</summary>
    public void AddGroupedColumn(string name, T[] values, ResponseGroups groups)
    {
        Groups = groups;
        grouped.Add(name);
        AddColumn(name, values);
    }

    public PreferenceBatch<T> ToBatch() => new()
    {
        PolicyChosen = Column(Columns.PolicyChosen),
        PolicyRejected = Column(Columns.PolicyRejected),
        ReferenceChosen = Column(Columns.ReferenceChosen),
        ReferenceRejected = Column(Columns.ReferenceRejected),
        Policy = Column(Columns.Policy),
        Reference = Column(Columns.Reference),
        ChosenLength = Column(Columns.ChosenLength),
        RejectedLength = Column(Columns.RejectedLength),
        Length = Column(Columns.Length),
        ChosenScore = Column(Columns.ChosenScore),
        RejectedScore = Column(Columns.RejectedScore),
        Score = Column(Columns.Score),
        Margin = Column(Columns.Margin),
        Desirable = Column(Columns.Desirable),
        Weight = Column(Columns.Weight),
        ResponsesPerRow = Groups?.Width ?? 0,
        ResponseMask = Groups?.Mask(),
        Other = others,
        Scalars = scalars,
    };

    /// <summary>A column that was not given is no column at all, which the library tells apart from a column of no rows.</summary>
    private ReadOnlySpan<T> Column(string name) => columns.GetValueOrDefault(name);
}
