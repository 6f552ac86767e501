using System.Runtime.CompilerServices;
using PreferenceLosses.Expressions;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The nodes of a loss in the order in which they are computed, with numbers for their operands; found once for each graph.</summary>
internal sealed class LoweredGraph
{
    private static readonly ConditionalWeakTable<LossGraph, LoweredGraph> ByGraph = [];

    private readonly Expr[] nodes;
    private readonly int[][] operands;
    private readonly int[] losses;
    private readonly int[] rewards;

    private LoweredGraph(LossGraph graph)
    {
        Expr[] rewardRoots = graph.Rewards is null ? [] : [graph.Rewards.Chosen, graph.Rewards.Rejected];
        var order = new List<Expr>(graph.Nodes);
        var numbers = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < order.Count; i++)
        {
            numbers.Add(order[i], i);
        }

        foreach (var root in rewardRoots)
        {
            Append(root, order, numbers);
        }

        nodes = [.. order];
        operands = [.. nodes.Select(node => node.Operands.Select(operand => numbers[operand]).ToArray())];
        losses = [.. graph.Losses.Select(loss => numbers[loss])];
        rewards = [.. rewardRoots.Select(root => numbers[root])];
    }

    public static LoweredGraph Of(LossGraph graph) => ByGraph.GetValue(graph, static wanted => new LoweredGraph(wanted));

    /// <summary>The unreduced losses, [rows] each, and the rewards, if there are any.</summary>
    public (Tensor[] Losses, Tensor[] Rewards) Evaluate(LossGraph graph, ParameterValues parameters, PreparedBatch batch)
    {
        var operations = new TensorOperations(graph, parameters, batch);
        var values = new Tensor[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            var at = operands[i];
            values[i] = operations.Evaluate(
                nodes[i], at.Length > 0 ? values[at[0]] : null!, at.Length > 1 ? values[at[1]] : null!, at.Length > 2 ? values[at[2]] : null!);
        }

        return (
            [.. losses.Select(i => operations.PerRow(values[i]))],
            [.. rewards.Select(i => operations.PerRow(values[i]).detach())]);
    }

    /// <summary>Adds what is below a root, operands first. Iterative: the depth of a formula is the user's.</summary>
    private static void Append(Expr root, List<Expr> order, Dictionary<Expr, int> numbers)
    {
        var pending = new Stack<Expr>([root]);
        while (pending.TryPeek(out var node))
        {
            var missing = node.Operands.FirstOrDefault(operand => !numbers.ContainsKey(operand));
            if (missing is not null)
            {
                pending.Push(missing);
                continue;
            }

            pending.Pop();
            if (numbers.TryAdd(node, order.Count))
            {
                order.Add(node);
            }
        }
    }
}
