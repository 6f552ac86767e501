using System.Numerics;
using System.Numerics.Tensors;
using PreferenceLosses.Expressions;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace PreferenceLosses.Torch;

/// <summary>
/// What the core writes: in managed memory, of which tensors are made when somebody asks for them. Most steps ask for the reduced loss and its
/// gradients alone, and for a batch of usual size a tensor costs more than what is in it.
/// </summary>
internal sealed class FusedResults<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LossGraph graph;
    private readonly int[] wanted;
    private readonly GradientForm[] forms;
    private readonly T[][] gradients;
    private readonly Dictionary<string, Memory<T>>? other;

    /// <summary>Room for the gradients of the wanted inputs, and for losses and rewards of so many rows.</summary>
    public FusedResults(LossGraph graph, PreparedBatch batch, int[] wanted, bool hasLosses)
    {
        this.graph = graph;
        this.wanted = wanted;
        forms = new GradientForm[wanted.Length];
        gradients = new T[wanted.Length][];
        for (var k = 0; k < wanted.Length; k++)
        {
            var input = graph.Inputs[wanted[k]];
            forms[k] = new GradientForm(input.Shape == Expressions.Shape.Row ? [batch.Rows] : [batch.Rows, batch.Responses], Type, CPU);
            gradients[k] = new T[checked(batch.Rows * (input.Shape == Expressions.Shape.Row ? 1 : batch.Responses))];
            if (!Columns.HasProperty(input.Name!))
            {
                (other ??= [])[input.Name!] = gradients[k];
            }
        }

        if (hasLosses)
        {
            Losses = new T[checked(batch.Rows * graph.Losses.Length)];
            ChosenReward = new T[graph.Rewards is null ? 0 : batch.Rows];
            RejectedReward = new T[graph.Rewards is null ? 0 : batch.Rows];
        }
    }

    public T[] Losses { get; } = [];

    public T[] ChosenReward { get; } = [];

    public T[] RejectedReward { get; } = [];

    public LossDestination<T> Destination => new()
    {
        Losses = Losses,
        ChosenReward = ChosenReward,
        RejectedReward = RejectedReward,
        PolicyChosen = Gradient(Columns.PolicyChosen),
        PolicyRejected = Gradient(Columns.PolicyRejected),
        ReferenceChosen = Gradient(Columns.ReferenceChosen),
        ReferenceRejected = Gradient(Columns.ReferenceRejected),
        Policy = Gradient(Columns.Policy),
        Reference = Gradient(Columns.Reference),
        Other = other,
    };

    public static Tensor ToTensor(ReadOnlySpan<T> values)
    {
        var tensor = Empty([values.Length]);
        values.CopyTo(FusedLoss.Values<T>(tensor));
        return tensor;
    }

    /// <summary>What the gradients are like.</summary>
    public IReadOnlyList<GradientForm> Forms => forms;

    /// <summary>The gradients as tensors, multiplied by a number that libtorch passed back.</summary>
    public Tensor[] Scaled(T factor)
    {
        var results = new Tensor[gradients.Length];
        for (var k = 0; k < results.Length; k++)
        {
            results[k] = Empty(forms[k].Shape);
            TensorPrimitives.Multiply(gradients[k], factor, FusedLoss.Values<T>(results[k]));
        }

        return results;
    }

    private static ScalarType Type => typeof(T) == typeof(double) ? ScalarType.Float64 : ScalarType.Float32;

    private static Tensor Empty(long[] shape) => empty(shape, Type);

    private Span<T> Gradient(string name)
    {
        for (var k = 0; k < wanted.Length; k++)
        {
            if (graph.Inputs[wanted[k]].Name == name)
            {
                return gradients[k];
            }
        }

        return default;
    }
}
