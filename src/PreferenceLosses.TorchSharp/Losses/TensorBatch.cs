using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>
/// One batch as tensors, by column: references to the caller's tensors, which are neither copied nor disposed of. A loss reads the columns that
/// its formula names; others may be there.
/// </summary>
/// <remarks>
/// A column has shape [rows], or [rows, K] for K responses per row; a scalar input, such as KTO's <c>kl</c>, is a tensor without dimensions. All are
/// on one device. Log-probabilities are in nats, summed over the completion's tokens, of a floating type; lengths, scores and the like may be
/// integers or booleans as well. The computation is in double precision if a floating column is, otherwise in single precision.
/// </remarks>
/// <example>
/// <code>
/// var batch = new TensorBatch(policyChosen, policyRejected, referenceChosen, referenceRejected) { [Columns.ChosenLength] = lengths };
/// </code>
/// </example>
public sealed class TensorBatch
{
    private readonly Dictionary<string, Tensor> columns = [];

    /// <summary>A batch without columns; they are set by name.</summary>
    public TensorBatch()
    {
    }

    /// <summary>A batch of pairs.</summary>
    /// <param name="policyChosen">log π(chosen | prompt); [rows].</param>
    /// <param name="policyRejected">log π(rejected | prompt); [rows].</param>
    /// <param name="referenceChosen">log π_ref(chosen | prompt); [rows]. Null for a loss without a reference.</param>
    /// <param name="referenceRejected">log π_ref(rejected | prompt); [rows]. Null for a loss without a reference.</param>
    public TensorBatch(Tensor policyChosen, Tensor policyRejected, Tensor? referenceChosen = null, Tensor? referenceRejected = null)
    {
        this[Columns.PolicyChosen] = policyChosen;
        this[Columns.PolicyRejected] = policyRejected;
        if (referenceChosen is not null)
        {
            this[Columns.ReferenceChosen] = referenceChosen;
        }

        if (referenceRejected is not null)
        {
            this[Columns.ReferenceRejected] = referenceRejected;
        }
    }

    /// <summary>Which responses are there, [rows, K], of type bool; null if all of them are.</summary>
    public Tensor? ResponseMask { get; init; }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyCollection<string> Names => columns.Keys;

    /// <summary>
    /// A column, one of <see cref="Columns"/> or of a loss of your own. <see cref="Columns.Weight"/> is one weight per row, and a weight of 0 excludes
    /// the row from everything; no gradient flows to the weights.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">The batch does not have it.</exception>
    public Tensor this[string name]
    {
        get => columns[name];
        set
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
            ArgumentNullException.ThrowIfNull(value);
            columns[name] = value;
        }
    }

    internal bool TryGet(string name, [NotNullWhen(true)] out Tensor? column) => columns.TryGetValue(name, out column);
}
