using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>Columns by name as a batch of the library.</summary>
internal static class FormulaBatchExtensions
{
    /// <summary>How a column is found: a span cannot be in a dictionary.</summary>
    public delegate ReadOnlySpan<T> ColumnOf<T>(string name);

    private static readonly string[] Known =
    [
        .. Columns.LogProbabilities, Columns.ChosenLength, Columns.RejectedLength, Columns.Length,
        Columns.ChosenScore, Columns.RejectedScore, Columns.Score, Columns.Margin, Columns.Desirable,
    ];

    /// <summary>The same numbers, rounded to a precision; <paramref name="weights"/> may be null.</summary>
    public static PreferenceBatch<T> Batch<T>(this FormulaBatch batch, double[]? weights = null)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var columns = batch.Columns.ToDictionary(c => c.Key, c => PairColumns.Convert<T>(c.Value));
        return ToBatch<T>(batch, name => columns.GetValueOrDefault(name), name => columns[name], weights is null ? default : PairColumns.Convert<T>(weights));
    }

    /// <summary>A batch over columns that are somewhere already.</summary>
    public static PreferenceBatch<T> ToBatch<T>(FormulaBatch batch, ColumnOf<T> column, Func<string, Memory<T>> memory, ReadOnlySpan<T> weight)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new()
        {
            PolicyChosen = column(Columns.PolicyChosen),
            PolicyRejected = column(Columns.PolicyRejected),
            ReferenceChosen = column(Columns.ReferenceChosen),
            ReferenceRejected = column(Columns.ReferenceRejected),
            Policy = column(Columns.Policy),
            Reference = column(Columns.Reference),
            ChosenLength = column(Columns.ChosenLength),
            RejectedLength = column(Columns.RejectedLength),
            Length = column(Columns.Length),
            ChosenScore = column(Columns.ChosenScore),
            RejectedScore = column(Columns.RejectedScore),
            Score = column(Columns.Score),
            Margin = column(Columns.Margin),
            Desirable = column(Columns.Desirable),
            Weight = weight,
            ResponsesPerRow = batch.Responses,
            ResponseMask = batch.Mask,
            Other = batch.Columns.Keys.Except(Known).ToDictionary(name => name, name => (ReadOnlyMemory<T>)memory(name)),
            Scalars = batch.Scalars,
        };
}
