using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>What is refused of a batch, with the column, the row and what was expected.</summary>
internal static unsafe class BatchChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The number of rows: every column that is given has to agree on it, and none that the loss reads may be missing.</summary>
    public static int Rows(CompiledLoss loss, in PreferenceBatch<T> batch)
    {
        var rows = -1;
        var first = "";
        for (var i = 0; i < Columns.Known.Length; i++)
        {
            var column = Known(batch, i);
            var shape = loss.KnownShapes[i];
            if (IsGiven(column))
            {
                // A column that the loss does not read may be per row or per response.
                var responses = shape == Shape.Responses || (shape is null && rows >= 0 && column.Length != rows) ? batch.ResponsesPerRow : 1;
                CheckLength(Columns.Known[i], column.Length, responses, ref rows, ref first);
            }
            else if (shape is not null)
            {
                throw Missing(loss, Columns.Known[i], batch);
            }
        }

        if (IsGiven(batch.Weight))
        {
            CheckLength(Columns.Weight, batch.Weight.Length, 1, ref rows, ref first);
        }

        foreach (var input in loss.OtherColumns)
        {
            if (batch.Other is null || !batch.Other.TryGetValue(input.Name!, out var memory))
            {
                throw Missing(loss, input.Name!, batch);
            }

            CheckLength(input.Name!, memory.Length, input.Shape == Shape.Responses ? batch.ResponsesPerRow : 1, ref rows, ref first);
        }

        foreach (var input in loss.ScalarInputs)
        {
            CheckScalar(loss, input.Name!, batch);
        }

        if (IsGiven(batch.ResponseMask))
        {
            CheckLength("response mask", batch.ResponseMask.Length, batch.ResponsesPerRow, ref rows, ref first);
        }

        return Math.Max(rows, 0);
    }

    /// <summary>The values of the rows that take part: finite, at least one response each, and enough rows for the loss.</summary>
    public static void Contents(in BatchBinding<T>.Request request, in PreferenceBatch<T> batch, in ExecutionArguments<T> arguments)
    {
        var graph = request.Loss.Graph;
        if (arguments.Rows > 0 && arguments.Rows < graph.MinimumRows && request.Options.SingleRow == SingleRow.Refuse)
        {
            throw new InvalidBatchException(
                $"The loss needs at least {graph.MinimumRows} rows, because it contains an unbiased variance over the batch, and "
                + $"{arguments.Rows} takes part. Merge the row into another batch, or ask for PyTorch's NaN with {nameof(SingleRow)}.{nameof(SingleRow.PyTorch)}.");
        }

        if (arguments.ResponseMask != null)
        {
            CheckResponses(arguments);
        }

        if (request.AllowsNonFinite)
        {
            return;
        }

        for (var i = 0; i < Columns.Known.Length; i++)
        {
            if (request.Loss.KnownShapes[i] is { } shape)
            {
                CheckFinite(Columns.Known[i], Known(batch, i), shape, arguments);
            }
        }

        foreach (var input in request.Loss.OtherColumns)
        {
            CheckFinite(input.Name!, batch.Other![input.Name!].Span, input.Shape, arguments);
        }
    }

    private static ReadOnlySpan<T> Known(in PreferenceBatch<T> batch, int index) => index switch
    {
        0 => batch.PolicyChosen,
        1 => batch.PolicyRejected,
        2 => batch.ReferenceChosen,
        3 => batch.ReferenceRejected,
        4 => batch.Policy,
        5 => batch.Reference,
        6 => batch.ChosenLength,
        7 => batch.RejectedLength,
        8 => batch.Length,
        9 => batch.ChosenScore,
        10 => batch.RejectedScore,
        11 => batch.Score,
        12 => batch.Margin,
        _ => batch.Desirable,
    };

    /// <summary>Whether a column was set; an empty array is a column of no rows, which is not the same as no column.</summary>
    private static bool IsGiven<TItem>(ReadOnlySpan<TItem> column) => !Unsafe.IsNullRef(ref MemoryMarshal.GetReference(column));

    private static void CheckLength(string name, int length, int perRow, ref int rows, ref string first)
    {
        if (perRow < 1)
        {
            throw new InvalidBatchException($"The column '{name}' holds K responses per row: {nameof(PreferenceBatch<T>.ResponsesPerRow)} has to say how many.", name);
        }

        if (length % perRow != 0)
        {
            throw new InvalidBatchException($"The column '{name}' has {length} values, which is no multiple of {perRow} responses per row.", name);
        }

        if (rows < 0)
        {
            rows = length / perRow;
            first = name;
        }
        else if (length / perRow != rows)
        {
            throw new InvalidBatchException(
                $"The column '{name}' has {length / perRow} rows and '{first}' has {rows}; every column needs one value per row"
                + (perRow == 1 ? "." : $" and response ({perRow} per row)."),
                name);
        }
    }

    private static InvalidBatchException Missing(CompiledLoss loss, string name, in PreferenceBatch<T> batch)
    {
        var needed = string.Join(", ", loss.Graph.Inputs.Where(i => i.Shape != Shape.Scalar).Select(i => i.Name));
        var hint = IsGiven(batch.Policy) && !IsGiven(batch.PolicyChosen) && name != Columns.Policy ? " The batch is unpaired." : "";
        return new InvalidBatchException($"The column '{name}' is missing; the loss reads {needed}.{hint}", name);
    }

    private static void CheckScalar(CompiledLoss loss, string name, in PreferenceBatch<T> batch)
    {
        if (batch.Scalars is null || !batch.Scalars.TryGetValue(name, out var value))
        {
            var needed = string.Join(", ", loss.ScalarInputs.Select(i => i.Name));
            throw new InvalidBatchException($"The scalar '{name}' is missing; the loss reads {needed}.", name);
        }

        if (!double.IsFinite(value))
        {
            throw new InvalidBatchException($"The scalar '{name}' is {value.ToString(CultureInfo.InvariantCulture)}; a finite number is needed.", name);
        }
    }

    private static void CheckResponses(in ExecutionArguments<T> arguments)
    {
        for (var i = 0; i < arguments.Rows; i++)
        {
            var row = arguments.Position(i);
            if (!new ReadOnlySpan<bool>(arguments.ResponseMask + ((long)row * arguments.Responses), arguments.Responses).Contains(true))
            {
                throw new InvalidBatchException($"Row {row} has no valid response; a row without any is left out with a weight of 0.", row: row);
            }
        }
    }

    private static void CheckFinite(string name, ReadOnlySpan<T> column, Shape shape, in ExecutionArguments<T> arguments)
    {
        if (TensorPrimitives.IsFiniteAll(column))
        {
            return;
        }

        var responses = shape == Shape.Responses ? arguments.Responses : 1;
        for (var i = 0; i < arguments.Rows; i++)
        {
            var row = arguments.Position(i);
            for (var k = 0; k < responses; k++)
            {
                var at = (row * responses) + k;
                var counts = responses == 1 || arguments.ResponseMask == null || arguments.ResponseMask[at];
                if (counts && !T.IsFinite(column[at]))
                {
                    var where = responses == 1 ? $"row {row}" : $"row {row}, response {k}";
                    throw new InvalidBatchException(
                        $"The column '{name}' is {column[at].ToString(null, CultureInfo.InvariantCulture)} at {where}; a finite number is needed. "
                        + "A weight of 0 leaves a row out.",
                        name,
                        row);
                }
            }
        }
    }
}
