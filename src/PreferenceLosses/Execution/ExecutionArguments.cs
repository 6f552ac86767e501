using System.Numerics;

namespace PreferenceLosses.Execution;

/// <summary>What one run of a program works on. The pointers are pinned by the caller for the length of the run.</summary>
internal unsafe struct ExecutionArguments<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>One per column of the program. Responses are row-major: row · K + response.</summary>
    public T** Columns;

    /// <summary>One per scalar input of the program.</summary>
    public double* ScalarInputs;

    /// <summary>One per parameter of the program.</summary>
    public double* Parameters;

    /// <summary>One per output of the program; unused for a scalar output.</summary>
    public T** Outputs;

    /// <summary>One per output of the program; used for scalar outputs only.</summary>
    public double* ScalarOutputs;

    /// <summary>The number of rows that take part.</summary>
    public int Rows;

    /// <summary>The rows that take part, as positions in the columns; null if all of them do.</summary>
    public int* RowPositions;

    /// <summary>K, the number of responses per row; 1 where there are none.</summary>
    public int Responses;

    /// <summary>Which responses are valid, row · K + response; null if all of them are.</summary>
    public bool* ResponseMask;

    /// <summary>The largest number of threads to use.</summary>
    public int MaxThreads;

    /// <summary>Set to true when a column is seen to hold NaN or an infinity; null where that was looked for before, or is allowed.</summary>
    public bool* NonFinite;

    /// <summary>The number of values in a row buffer: whole vectors of any width.</summary>
    public readonly long BufferLength => ((long)Rows + Block.LongestVector - 1) & -Block.LongestVector;

    /// <summary>Where in a column the i-th row that takes part is.</summary>
    public readonly int Position(int row) => RowPositions == null ? row : RowPositions[row];
}
