using System.Numerics;
using PreferenceLosses.Expressions;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Tensors for the gradients of some inputs, as destinations of the core.</summary>
internal sealed class FusedGradients<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LossGraph graph;
    private readonly int[] wanted;
    private readonly Dictionary<string, Memory<T>>? other;

    public FusedGradients(LossGraph graph, Tensor[] inputs, int[] wanted)
    {
        this.graph = graph;
        this.wanted = wanted;
        foreach (var i in wanted)
        {
            Tensors.Add(empty_like(inputs[i]));
            if (!FusedColumns.HasProperty(graph.Inputs[i].Name!))
            {
                (other ??= [])[graph.Inputs[i].Name!] = new T[inputs[i].numel()];
            }
        }
    }

    /// <summary>One gradient for each wanted input, in their order.</summary>
    public List<Tensor> Tensors { get; } = [];

    public LossDestination<T> Destination(Tensor? losses, Tensor[] rewards) => new()
    {
        Losses = losses is null ? default : FusedLoss.Values<T>(losses),
        ChosenReward = rewards.Length == 0 ? default : FusedLoss.Values<T>(rewards[0]),
        RejectedReward = rewards.Length == 0 ? default : FusedLoss.Values<T>(rewards[1]),
        PolicyChosen = Gradient(Columns.PolicyChosen),
        PolicyRejected = Gradient(Columns.PolicyRejected),
        ReferenceChosen = Gradient(Columns.ReferenceChosen),
        ReferenceRejected = Gradient(Columns.ReferenceRejected),
        Policy = Gradient(Columns.Policy),
        Reference = Gradient(Columns.Reference),
        Other = other,
    };

    /// <summary>Brings gradients for columns without a property of their own into their tensors.</summary>
    public void Finish()
    {
        if (other is null)
        {
            return;
        }

        for (var k = 0; k < wanted.Length; k++)
        {
            if (other.TryGetValue(graph.Inputs[wanted[k]].Name!, out var gradient))
            {
                gradient.Span.CopyTo(FusedLoss.Values<T>(Tensors[k]));
            }
        }
    }

    private Span<T> Gradient(string name)
    {
        for (var k = 0; k < wanted.Length; k++)
        {
            if (graph.Inputs[wanted[k]].Name == name)
            {
                return FusedLoss.Values<T>(Tensors[k]);
            }
        }

        return default;
    }
}
